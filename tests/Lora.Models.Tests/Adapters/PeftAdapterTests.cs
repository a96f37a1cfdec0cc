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

    /// <summary>The module paths are those of Hugging Face's classes, and the shorthand for all linear layers is written as the layers that it meant, without the head.</summary>
    [Theory]
    [InlineData("gpt2", "base_model.model.transformer.h.0.attn.c_attn.lora_A.weight", "c_attn c_fc c_proj", "CAUSAL_LM", true)]
    [InlineData("qwen3", "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight", "down_proj gate_proj k_proj o_proj q_proj up_proj v_proj", "CAUSAL_LM", false)]
    [InlineData("bert", "base_model.model.bert.encoder.layer.0.attention.self.query.lora_A.weight", "dense key query value", "SEQ_CLS", false)]
    [InlineData("distilbert", "base_model.model.distilbert.transformer.layer.0.attention.q_lin.lora_A.weight", "k_lin lin1 lin2 out_lin q_lin v_lin", "SEQ_CLS", false)]
    public void Each_family_is_written_under_its_names(string name, string tensor, string targets, string task, bool fanInFanOut)
    {
        ILoraModel model = PretrainedModel.Load(TorchGolden.PathOf(name));
        model.ApplyLora(new LoraOptions { Rank = 2, TargetMatching = TargetMatching.AllLinear });
        PeftAdapter.Save(model, _folder);
        JsonElement config = Reference.ReadJson(Path.Combine(_folder, "adapter_config.json"));
        config.GetProperty("target_modules").EnumerateArray().Select(target => target.GetString()).ShouldBe(targets.Split(' '));
        config.GetProperty("task_type").GetString().ShouldBe(task);
        config.GetProperty("fan_in_fan_out").GetBoolean().ShouldBe(fanInFanOut);
        Dictionary<string, (int[] Shape, double[] Values)> tensors = PlainSafetensors.Read(Path.Combine(_folder, "adapter_model.safetensors"));
        tensors.Keys.ShouldContain(tensor);
        tensors[tensor].Shape[0].ShouldBe(2);
        tensors.Keys.ShouldAllBe(key => key.EndsWith(".lora_A.weight", StringComparison.Ordinal) || key.EndsWith(".lora_B.weight", StringComparison.Ordinal));
        tensors.Keys.ShouldAllBe(key => !key.Contains("classifier", StringComparison.Ordinal) && !key.Contains("lm_head", StringComparison.Ordinal));
    }
}
