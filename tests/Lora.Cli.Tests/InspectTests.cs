using System.Text.Json;

namespace Lora.Cli.Tests;

public sealed class InspectTests : ToolTests
{
    private const string RobertaBase = """
        {"model_type": "roberta", "vocab_size": 50265, "hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12, "num_attention_heads": 12,
         "max_position_embeddings": 514, "type_vocab_size": 1, "pad_token_id": 1, "layer_norm_eps": 1e-05}
        """;

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
    [InlineData("RoBERTa-base", "--rank 8 --targets query,value", 294_912, 124_647_170 + 294_912, RobertaBase)]
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

    /// <summary>A model of 7 billion parameters is judged without its weights: what is frozen has no gradients and no moments.</summary>
    [Fact]
    public void The_memory_of_a_step_is_told_with_LoRA_and_without()
    {
        const long Parameters = 6_738_415_616;
        const long Trainable = 4_194_304;
        string config = Write("config.json", """{"model_type": "llama", "vocab_size": 32000, "hidden_size": 4096, "intermediate_size": 11008, "num_hidden_layers": 32, "num_attention_heads": 32, "max_position_embeddings": 4096}""");
        long before = GC.GetTotalAllocatedBytes();
        Dictionary<string, long>[] both = Memory(config, "--rank", "8", "--targets", "q_proj,v_proj", "--seq", "128");
        (GC.GetTotalAllocatedBytes() - before).ShouldBeLessThan(200_000_000);
        Dictionary<string, long> lora = both[0];
        Dictionary<string, long> full = both[1];
        lora["adapters"].ShouldBe(4 * Trainable);
        lora["gradients"].ShouldBe(4 * Trainable);
        lora["optimizer"].ShouldBeInRange(8 * Trainable, (8 * Trainable) + 1000);
        full["weights"].ShouldBe(4 * Parameters);
        full["adapters"].ShouldBe(0);
        full["gradients"].ShouldBe(4 * Parameters);
        full["optimizer"].ShouldBeInRange(8 * Parameters, (8 * Parameters) + 10_000);
        lora["weights"].ShouldBeInRange(4 * Parameters, (long)(4.05 * Parameters));
        lora["activations"].ShouldBeLessThan(full["activations"]);
        Array.ForEach(both, memory => memory["total"].ShouldBe(memory.Where(part => part.Key != "total").Sum(part => part.Value)));

        Memory(config, "--rank", "16", "--targets", "q_proj,v_proj", "--seq", "128")[0]["adapters"].ShouldBe(8 * Trainable);
        Memory(config, "--seq", "256")[0]["activations"].ShouldBeInRange((long)(1.9 * lora["activations"]), (long)(2.1 * lora["activations"]));
        Memory(config, "--seq", "128", "--batch", "2")[0]["activations"].ShouldBeInRange((long)(1.9 * lora["activations"]), (long)(2.1 * lora["activations"]));
        Memory(config, "--weights", "bfloat16")[0]["weights"].ShouldBeInRange(2 * Parameters, (long)(2.05 * Parameters));

        string output = Tool.Succeed("inspect", config, "--seq", "128");
        output.ShouldContain("A step of Adam on 1 × 128 tokens");
        output.ShouldContain("with LoRA, GiB");
    }

    [Theory]
    [InlineData(RobertaBase)]
    [InlineData("""{"model_type": "gpt2", "vocab_size": 61, "n_positions": 16, "n_embd": 20, "n_layer": 2, "n_head": 2}""")]
    [InlineData("""{"model_type": "mlp", "sizes": [30, 50, 5]}""", "--targets", "all-linear", "--rank", "2")]
    public void Each_family_has_a_memory_at_the_length_it_takes(string config, params string[] more)
    {
        Dictionary<string, long>[] both = Memory(Write("config.json", config), more);
        both[1]["gradients"].ShouldBeGreaterThan(both[0]["gradients"]);
        both[0]["activations"].ShouldBeGreaterThan(0);
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
    public void A_damaged_adapter_is_one_line()
    {
        Directory.CreateDirectory(PathOf("adapter"));
        string config = Write("adapter/adapter_config.json", "[]");
        Tool.Fail("inspect", PathOf("adapter")).ShouldContain("is not a JSON object");
        File.WriteAllText(config, "{");
        Tool.Fail("inspect", config).ShouldContain("is not valid JSON");
        File.WriteAllText(config, "{}");
        Tool.Fail("inspect", PathOf("adapter")).ShouldContain("pickle");
        Write("adapter/adapter_model.safetensors", "12345678{}");
        Tool.Fail("inspect", PathOf("adapter")).ShouldContain("Is this a safetensors file?");
    }

    [Fact]
    public void What_is_wrong_is_said_in_one_line()
    {
        Tool.Fail("inspect").ShouldContain("argument missing");
        Tool.Fail("inspect", PathOf("none")).ShouldContain("There is no");
        Tool.Fail("inspect", Write("config.json", "{\"model_type\": \"mamba\"}")).ShouldContain("mamba");
        Tool.Fail("inspect", Write("config.json", "{")).ShouldContain("is not a config.json");
        Tool.Fail("inspect", TinyModel.Make(PathOf("model")), "--targets", "query").ShouldContain("The target 'query' matches no layer");
        Tool.Fail("inspect", PathOf("model"), "--seq", "65").ShouldContain("65");
        Tool.Fail("inspect", PathOf("model"), "--seq", "0").ShouldContain("--seq is 0; it must be at least 1");
        Tool.Fail("inspect", PathOf("model"), "--batch", "2147483647").ShouldContain("batch");
        Tool.Fail("inspect", PathOf("model"), "--weights", "int4").ShouldContain("int4");
    }

    private static Dictionary<string, long>[] Memory(string config, params string[] more)
    {
        using JsonDocument figures = JsonDocument.Parse(Tool.Succeed(["inspect", config, .. more, "--json"]).Trim().Split('\n')[^1]);
        JsonElement memory = figures.RootElement.GetProperty("memory");
        return [.. new[] { "with_lora", "without_lora" }.Select(name => memory.GetProperty(name).EnumerateObject().ToDictionary(part => part.Name, part => part.Value.GetInt64()))];
    }
}
