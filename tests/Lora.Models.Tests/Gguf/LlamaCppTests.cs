using System.Text.Json;

namespace Lora.Models.Tests;

/// <summary>Adapter files that llama.cpp itself has read, and the logits that it computed with them (<c>Golden/llama_cpp/make_logits.cs</c>).</summary>
public sealed class LlamaCppTests
{
    // llama.cpp's GELU is a table in half precision: without an adapter its logits differ by as much.
    private const double OfGelu = 5e-3;

    [Theory]
    [InlineData("llama3-scaled", 1e-5)]
    [InlineData("mistral", 1e-5)]
    [InlineData("qwen3", 1e-5)]
    [InlineData("gpt2", OfGelu)]
    public void Logits_with_an_adapter_are_those_of_llama_cpp(string name, double allowed)
    {
        string folder = Golden.PathOf($"llama_cpp/{name}");
        JsonElement golden = Reference.ReadJson(Path.Combine(folder, "logits.json"));
        int[] tokens = golden.Ints("tokens");
        double[] expected = golden.Doubles("logits");
        ICausalLanguageModel model = CausalLanguageModel.Load(TorchGolden.PathOf(name));
        double[] plain = model.Forward(tokens, 1).Span.ToDoubles();
        GgufAdapter.Load(model, Path.Combine(folder, "adapter.gguf"));
        Numbers.MaxDifference(plain, expected).ShouldBeGreaterThan(0.5);
        Numbers.MaxDifference(model.Forward(tokens, 1).Span.ToDoubles(), expected).ShouldBeLessThan(allowed);
    }

    [Theory]
    [InlineData("llama3-scaled")]
    [InlineData("mistral")]
    [InlineData("qwen3")]
    [InlineData("gpt2")]
    public void What_llama_cpp_has_read_is_what_is_written(string name)
    {
        ICausalLanguageModel model = CausalLanguageModel.Load(TorchGolden.PathOf(name));
        string original = Golden.PathOf($"llama_cpp/{name}/adapter.gguf");
        GgufAdapter.Load(model, original);
        string written = Path.GetTempFileName();
        try
        {
            GgufAdapter.Save(model, written);
            File.ReadAllBytes(written).ShouldBe(File.ReadAllBytes(original));
        }
        finally
        {
            File.Delete(written);
        }
    }
}
