using System.Text.Json;

namespace Lora.Models.Tests;

/// <summary>Adapters in PEFT's format on whole models.</summary>
public sealed class PeftAdapterTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("tied")]
    [InlineData("untied")]
    public void A_loaded_adapter_gives_the_golden_model_and_comes_back_from_its_own_file(string name)
    {
        TokenRows rows = LlamaGoldenTests.FirstBatch(name);
        float[] expected = LlamaGoldenTests.Adapted(name).Forward(rows.Tokens, rows.Batch).Span.ToArray();
        LlamaForCausalLM model = Models.Llama.Load(Golden.PathOf(name));
        PeftAdapter.Load(model, Path.Combine(Golden.PathOf(name), "adapter")).Count.ShouldBe(7 * model.Config.NumHiddenLayers);
        model.Forward(rows.Tokens, rows.Batch).Span.ToArray().ShouldBe(expected);

        PeftAdapter.Save(model, _folder);
        LlamaForCausalLM again = Models.Llama.Load(Golden.PathOf(name));
        PeftAdapter.Load(again, _folder);
        again.Forward(rows.Tokens, rows.Batch).Span.ToArray().ShouldBe(expected);
    }

    [Theory]
    [InlineData("sgd_qv_r4")]
    [InlineData("adamw_qv_r4")]
    public void A_folder_from_PEFT_gives_its_logits(string name)
    {
        LlamaForCausalLM model = Models.Llama.Load(Reference.PathOf("stories260K/hf"));
        PeftAdapter.Load(model, Reference.PathOf($"traces/{name}/final_adapter"));
        foreach (JsonElement sequence in Reference.Json($"traces/{name}/adapter_forward.json").GetProperty("sequences").EnumerateArray())
        {
            double[] logits = model.Forward(sequence.Ints("ids"), batch: 1).Span[^512..].ToDoubles();
            Numbers.MaxDifference(logits, sequence.Doubles("last_logits_f64")).ShouldBeLessThanOrEqualTo(1e-3);
        }
    }
}
