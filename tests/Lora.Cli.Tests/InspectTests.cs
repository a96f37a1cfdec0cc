using System.Text.Json;

namespace Lora.Cli.Tests;

public sealed class InspectTests : ToolTests
{
    /// <summary>The published counts, from the configurations alone.</summary>
    [Theory]
    [InlineData("Llama-2-7B", "--rank 8 --targets q_proj,v_proj", 4_194_304, 6_738_415_616 + 4_194_304,
        """{"model_type": "llama", "vocab_size": 32000, "hidden_size": 4096, "intermediate_size": 11008, "num_hidden_layers": 32, "num_attention_heads": 32}""")]
    [InlineData("Qwen2.5-3B", "--rank 16 --targets q_proj,v_proj", 3_686_400, 3_089_625_088,
        """{"model_type": "qwen2", "vocab_size": 151936, "hidden_size": 2048, "intermediate_size": 11008, "num_hidden_layers": 36, "num_attention_heads": 16, "num_key_value_heads": 2, "tie_word_embeddings": true}""")]
    [InlineData("Llama-3.2-3B", "--rank 32 --targets q_proj,v_proj", 9_175_040, 3_212_749_824 + 9_175_040,
        """{"model_type": "llama", "vocab_size": 128256, "hidden_size": 3072, "intermediate_size": 8192, "num_hidden_layers": 28, "num_attention_heads": 24, "num_key_value_heads": 8, "head_dim": 128, "tie_word_embeddings": true}""")]
    [InlineData("GPT-2 medium", "--rank 4 --targets c_attn", 393_216, 354_823_168 + 393_216,
        """{"model_type": "gpt2", "vocab_size": 50257, "n_positions": 1024, "n_embd": 1024, "n_layer": 24, "n_head": 16}""")]
    public void Counts_of_a_configuration_are_the_published_ones(string name, string options, long trainable, long total, string config)
    {
        string output = Tool.Succeed(["inspect", Write("config.json", config), .. options.Split(' '), "--json"]);
        output.ShouldContain($"trainable params: {trainable:N0} || all params: {total:N0}", customMessage: name);
        using JsonDocument figures = JsonDocument.Parse(output.Trim().Split('\n')[^1]);
        figures.RootElement.GetProperty("trainable").GetInt64().ShouldBe(trainable);
        figures.RootElement.GetProperty("total").GetInt64().ShouldBe(total);
        figures.RootElement.GetProperty("parameters").GetInt64().ShouldBe(total - trainable);
    }

    [Fact]
    public void Layers_that_differ_by_their_number_are_one_line()
    {
        string model = TinyModel.Make(PathOf("model"));
        string[] lines = Tool.Succeed("inspect", model, "--targets", "all-linear", "--rank", "2").Split('\n');
        string line = lines.Single(text => text.Contains("model.layers.*.mlp.up_proj", StringComparison.Ordinal));
        line.Split(' ', StringSplitOptions.RemoveEmptyEntries).ShouldBe(["model.layers.*.mlp.up_proj", "Linear", "16", "→", "24", "2", "768", "160"]);
        lines.ShouldContain("LoRA of rank 2 and alpha 4 on all linear layers:");
    }

    [Fact]
    public void An_adapters_folder_tells_its_settings_and_size()
    {
        string output = Tool.Succeed("inspect", Golden.PathOf("variants/dora_patterns"), "--json");
        output.ShouldContain("target_modules: q_proj, k_proj, up_proj");
        output.ReplaceLineEndings("").Replace(" ", "", StringComparison.Ordinal).ShouldContain("rank_pattern:{\"k_proj\":1}");
        output.ShouldContain("model.layers.*.self_attn.q_proj.lora_magnitude_vector");
        using JsonDocument figures = JsonDocument.Parse(output.Trim().Split('\n')[^1]);
        long parameters = PlainSafetensors.Read(Golden.PathOf("variants/dora_patterns/adapter_model.safetensors")).Values.Sum(tensor => (long)tensor.Values.Length);
        figures.RootElement.GetProperty("parameters").GetInt64().ShouldBe(parameters);
    }

    [Fact]
    public void What_is_wrong_is_said_in_one_line()
    {
        Tool.Fail("inspect").ShouldContain("argument missing");
        Tool.Fail("inspect", PathOf("none")).ShouldContain("There is no");
        Tool.Fail("inspect", Write("config.json", "{\"model_type\": \"mamba\"}")).ShouldContain("mamba");
        Tool.Fail("inspect", Write("config.json", "{")).ShouldContain("is not a config.json");
        Tool.Fail("inspect", TinyModel.Make(PathOf("model")), "--targets", "query").ShouldContain("The target 'query' matches no layer");
    }
}
