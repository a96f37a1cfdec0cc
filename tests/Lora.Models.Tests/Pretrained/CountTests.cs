namespace Lora.Models.Tests;

/// <summary>Counts that are published, from configurations alone.</summary>
public sealed class CountTests : IDisposable
{
    internal const string Llama2 = """
        { "model_type": "llama", "architectures": ["LlamaForCausalLM"], "vocab_size": 32000, "hidden_size": 4096, "intermediate_size": 11008,
          "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 32, "max_position_embeddings": 4096, "tie_word_embeddings": false }
        """;

    private const string Llama32 = """
        { "model_type": "llama", "vocab_size": 128256, "hidden_size": 3072, "intermediate_size": 8192, "num_hidden_layers": 28, "num_attention_heads": 24,
          "num_key_value_heads": 8, "head_dim": 128, "max_position_embeddings": 131072, "tie_word_embeddings": true, "rope_theta": 500000.0,
          "rope_scaling": { "rope_type": "llama3", "factor": 32.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 8192 } }
        """;

    private const string Qwen25 = """
        { "model_type": "qwen2", "vocab_size": 151936, "hidden_size": 2048, "intermediate_size": 11008, "num_hidden_layers": 36, "num_attention_heads": 16,
          "num_key_value_heads": 2, "max_position_embeddings": 32768, "tie_word_embeddings": true, "use_sliding_window": false, "sliding_window": 32768 }
        """;

    private const string Mistral = """
        { "model_type": "mistral", "vocab_size": 32000, "hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": 32, "num_attention_heads": 32,
          "num_key_value_heads": 8, "tie_word_embeddings": false }
        """;

    private const string Qwen3 = """
        { "model_type": "qwen3", "vocab_size": 151936, "hidden_size": 1024, "intermediate_size": 3072, "num_hidden_layers": 28, "num_attention_heads": 16,
          "num_key_value_heads": 8, "head_dim": 128, "max_position_embeddings": 40960, "tie_word_embeddings": true }
        """;

    private const string Gpt2Medium = """
        { "model_type": "gpt2", "vocab_size": 50257, "n_positions": 1024, "n_ctx": 1024, "n_embd": 1024, "n_layer": 24, "n_head": 16,
          "activation_function": "gelu_new" }
        """;

    private const string RobertaBase = """
        { "model_type": "roberta", "architectures": ["RobertaForMaskedLM"], "vocab_size": 50265, "hidden_size": 768, "intermediate_size": 3072,
          "num_hidden_layers": 12, "num_attention_heads": 12, "max_position_embeddings": 514, "type_vocab_size": 1, "layer_norm_eps": 1e-05, "pad_token_id": 1 }
        """;

    private const string BertBase = """
        { "model_type": "bert", "vocab_size": 30522, "hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12, "num_attention_heads": 12,
          "max_position_embeddings": 512, "type_vocab_size": 2, "layer_norm_eps": 1e-12, "pad_token_id": 0 }
        """;

    private const string DistilBertBase = """
        { "model_type": "distilbert", "vocab_size": 30522, "dim": 768, "hidden_dim": 3072, "n_layers": 6, "n_heads": 12, "max_position_embeddings": 512 }
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("Llama-2-7B", Llama2, 8, new[] { "q_proj", "v_proj" }, 4_194_304, 6_738_415_616)]
    [InlineData("Llama-3.2-3B", Llama32, 32, new[] { "q_proj", "v_proj" }, 9_175_040, 3_212_749_824)]
    [InlineData("Qwen2.5-3B", Qwen25, 16, new[] { "q_proj", "v_proj" }, 3_686_400, 3_089_625_088 - 3_686_400)]
    [InlineData("Mistral-7B", Mistral, 8, new[] { "q_proj", "v_proj" }, 3_407_872, 7_241_732_096)]
    [InlineData("Qwen3-0.6B", Qwen3, 8, new[] { "q_proj", "v_proj" }, 1_146_880, 596_049_920)]
    [InlineData("GPT-2 medium", Gpt2Medium, 4, new[] { "c_attn" }, 393_216, 354_823_168)]
    [InlineData("RoBERTa-base", RobertaBase, 8, new[] { "query", "value" }, 294_912, 124_647_170)]
    [InlineData("BERT-base", BertBase, 8, new[] { "query", "value" }, 294_912, 109_483_778)]
    [InlineData("DistilBERT-base", DistilBertBase, 8, new[] { "q_lin", "v_lin" }, 147_456, 66_955_010)]
    public void Of_adapters_and_whole_models(string name, string config, int rank, string[] targets, long trainable, long frozen)
    {
        string path = Path.Combine(_folder, "config.json");
        File.WriteAllText(path, config);
        long before = GC.GetAllocatedBytesForCurrentThread();
        ILoraModel model = PretrainedModel.WithoutWeights(path);
        model.CountParameters().ShouldBe(new ParameterCount(frozen, 0), name);
        using (Layer.WithoutWeights())
        {
            model.ApplyLora(new LoraOptions { Rank = rank, TargetModules = targets, TargetMatching = TargetMatching.Suffix });
        }

        model.CountParameters().ShouldBe(new ParameterCount(frozen + trainable, trainable), name);
        IReadOnlyList<LayerSummary> layers = LayerSummary.Of(model);
        layers.Sum(layer => layer.Parameters).ShouldBe(frozen, name);
        layers.Sum(layer => layer.Trainable).ShouldBe(trainable, name);
        layers.Where(layer => layer.Trainable > 0).ShouldAllBe(layer => layer.Trainable == rank * (layer.Inputs + layer.Outputs));
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(10_000_000, name);
    }

    /// <summary>What PEFT prints for a RoBERTa-base with two classes: the head is trained in full, and counted beside its original.</summary>
    [Fact]
    public void Of_an_adapter_with_a_head_trained_in_full()
    {
        string path = Path.Combine(_folder, "config.json");
        File.WriteAllText(path, RobertaBase);
        ILoraModel model = PretrainedModel.WithoutWeights(path);
        using (Layer.WithoutWeights())
        {
            model.ApplyLora(new LoraOptions { Rank = 8, TargetModules = ["query", "value"], ModulesToSave = ["classifier"] });
        }

        model.CountParameters().ToString().ShouldBe("trainable params: 887,042 || all params: 125,534,212 || trainable%: 0.7066");
    }

    [Fact]
    public void A_folder_is_as_good_as_its_config() =>
        PretrainedModel.WithoutWeights(Golden.PathOf("tied")).CountParameters().Total.ShouldBe(
            PretrainedModel.Load(Golden.PathOf("tied")).CountParameters().Total);
}
