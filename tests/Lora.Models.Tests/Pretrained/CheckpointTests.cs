using System.Text.Json.Nodes;

namespace Lora.Models.Tests;

/// <summary>The forms in which real checkpoints come: each must load to the same model, or be refused.</summary>
[Collection(nameof(AloneCollection))]
public sealed class CheckpointTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Gpt2_without_the_prefix_with_buffers_and_with_the_head_once_more()
    {
        Dictionary<string, Tensor> bare = Read("gpt2").ToDictionary(pair => pair.Key["transformer.".Length..], pair => pair.Value);
        bare.Add("h.0.attn.bias", Tensor.Zeros(1, 1, 16, 16));
        bare.Add("h.1.attn.masked_bias", Tensor.Zeros());
        bare.Add("lm_head.weight", bare["wte.weight"]);
        Write("gpt2", bare);
        Logits(CausalLanguageModel.Load(_folder)).ShouldBe(Logits(CausalLanguageModel.Load(TorchGolden.PathOf("gpt2"))));
    }

    [Fact]
    public void Gpt2_with_a_head_that_differs_is_refused()
    {
        Dictionary<string, Tensor> state = Read("gpt2");
        state.Add("lm_head.weight", Tensor.Zeros(21, 12));
        Write("gpt2", state);
        Should.Throw<InvalidDataException>(() => CausalLanguageModel.Load(_folder)).Message.ShouldContain("tie_word_embeddings");
        Write("gpt2", state, config => config["tie_word_embeddings"] = false);
        Logits(CausalLanguageModel.Load(_folder)).ShouldAllBe(logit => logit == 0);
    }

    [Fact]
    public void Gpt2_with_a_matrix_that_is_not_transposed_is_refused()
    {
        Dictionary<string, Tensor> state = Read("gpt2");
        state["transformer.h.0.attn.c_attn.weight"] = Nn.Transpose(state["transformer.h.0.attn.c_attn.weight"]);
        Write("gpt2", state);
        Should.Throw<InvalidDataException>(() => CausalLanguageModel.Load(_folder)).Message.ShouldContain("transformer.h.0.attn.c_attn.weight");
    }

    [Fact]
    public void Bert_with_the_names_of_TensorFlow_and_a_buffer()
    {
        Dictionary<string, Tensor> old = Read("bert").ToDictionary(
            pair => pair.Key.Replace("LayerNorm.weight", "LayerNorm.gamma", StringComparison.Ordinal).Replace("LayerNorm.bias", "LayerNorm.beta", StringComparison.Ordinal),
            pair => pair.Value);
        old.Add("bert.embeddings.position_ids", Tensor.Zeros(1, 16));
        Write("bert", old);
        Classes(SequenceClassifier.Load(_folder)).ShouldBe(Classes(SequenceClassifier.Load(TorchGolden.PathOf("bert"))));
    }

    [Theory]
    [InlineData("bert", "bert.", "cls.predictions.bias")]
    [InlineData("roberta", "roberta.", "lm_head.bias")]
    [InlineData("distilbert", "distilbert.", "vocab_projector.bias")]
    public void A_pretrained_body_takes_a_new_head(string name, string prefix, string otherHead)
    {
        Dictionary<string, Tensor> body = Read(name).Where(pair => pair.Key.StartsWith(prefix, StringComparison.Ordinal)).ToDictionary();
        body.Add(otherHead, Tensor.Zeros(23));
        Write(name, body);
        Should.Throw<InvalidDataException>(() => SequenceClassifier.Load(_folder)).Message.ShouldContain("SequenceClassifier.Load(directory, classes)");
        ISequenceClassifier model = SequenceClassifier.Load(_folder, classes: 5);
        model.Labels.ShouldBe(["LABEL_0", "LABEL_1", "LABEL_2", "LABEL_3", "LABEL_4"]);
        IReadOnlyDictionary<string, Tensor> original = PretrainedModel.Load(TorchGolden.PathOf(name)).StateDict();
        foreach ((string key, Tensor value) in model.StateDict())
        {
            if (key.StartsWith(prefix, StringComparison.Ordinal))
            {
                value.Span.ToArray().ShouldBe(original[key].Span.ToArray(), key);
            }
            else
            {
                (key.EndsWith(".bias", StringComparison.Ordinal) == value.Span.ToArray().All(number => number == 0)).ShouldBeTrue(key);
                value.Span.ToArray().ShouldAllBe(number => Math.Abs(number) < 0.2f);
            }
        }
    }

    [Theory]
    [InlineData("bert", "bert.")]
    [InlineData("distilbert", "distilbert.")]
    public void A_bare_body_takes_a_new_head_too(string name, string prefix)
    {
        Write(name, Read(name).Where(pair => pair.Key.StartsWith(prefix, StringComparison.Ordinal)).ToDictionary(pair => pair.Key[prefix.Length..], pair => pair.Value));
        Classes(SequenceClassifier.Load(_folder, classes: 2)).Length.ShouldBe(2);
    }

    [Fact]
    public void A_head_of_its_own_with_a_bare_body_is_read()
    {
        Write("roberta", Read("roberta").ToDictionary(pair => pair.Key.Replace("roberta.", "", StringComparison.Ordinal), pair => pair.Value));
        Classes(SequenceClassifier.Load(_folder)).ShouldBe(Classes(SequenceClassifier.Load(TorchGolden.PathOf("roberta"))));
    }

    [Fact]
    public void A_new_head_is_drawn_from_the_seed()
    {
        float[] Draw(ulong seed)
        {
            LoraRandom.ManualSeed(seed);
            return SequenceClassifier.Load(TorchGolden.PathOf("bert"), classes: 4).StateDict()["classifier.weight"].Span.ToArray();
        }

        Draw(3).ShouldBe(Draw(3));
        Draw(3).ShouldNotBe(Draw(4));
    }

    [Theory]
    [InlineData("gpt2", "scale_attn_by_inverse_layer_idx", "true")]
    [InlineData("gpt2", "scale_attn_weights", "false")]
    [InlineData("gpt2", "add_cross_attention", "true")]
    [InlineData("gpt2", "activation_function", "\"laplace\"")]
    [InlineData("bert", "position_embedding_type", "\"relative_key\"")]
    [InlineData("bert", "is_decoder", "true")]
    [InlineData("bert", "problem_type", "\"regression\"")]
    [InlineData("bert", "id2label", "{ \"0\": \"score\" }")]
    [InlineData("roberta", "hidden_act", "\"swiglu\"")]
    [InlineData("distilbert", "quantization_config", "{}")]
    public void What_a_configuration_asks_for_in_vain_is_named(string name, string setting, string value)
    {
        Write(name, Read(name), config => config[setting] = JsonNode.Parse(value));
        string said = Should.Throw<NotSupportedException>(() => PretrainedModel.Load(_folder)).Message;
        said.ShouldContain(setting == "id2label" ? "num_labels" : setting);
        said.ShouldContain(_folder);
    }

    [Theory]
    [InlineData("gpt2", "n_head", "5")]
    [InlineData("gpt2", "n_embd", "null")]
    [InlineData("bert", "num_attention_heads", "5")]
    [InlineData("bert", "id2label", "{ \"0\": \"no\", \"2\": \"yes\" }")]
    [InlineData("roberta", "pad_token_id", "15")]
    [InlineData("distilbert", "n_heads", "0")]
    [InlineData("mlp", "sizes", "[7]")]
    [InlineData("mlp", "sizes", "[7, 0]")]
    public void A_configuration_that_is_wrong_is_named(string name, string setting, string value)
    {
        Write(name, Read(name), config => config[setting] = JsonNode.Parse(value));
        Should.Throw<InvalidDataException>(() => PretrainedModel.Load(_folder)).Message.ShouldContain(setting);
    }

    [Fact]
    public void The_wrong_kind_of_model_is_refused()
    {
        Should.Throw<NotSupportedException>(() => CausalLanguageModel.Load(TorchGolden.PathOf("bert"))).Message.ShouldContain("bert");
        Should.Throw<NotSupportedException>(() => SequenceClassifier.Load(TorchGolden.PathOf("gpt2"))).Message.ShouldContain("gpt2");
    }

    private static Dictionary<string, Tensor> Read(string name)
    {
        using SafetensorsFolder folder = SafetensorsFolder.Open(TorchGolden.PathOf(name));
        return folder.Entries.Keys.ToDictionary(key => key, folder.Read);
    }

    private static float[] Logits(ICausalLanguageModel model) => model.Forward([1, 4, 2], 1).Span.ToArray();

    private static float[] Classes(ISequenceClassifier model) => model.Forward([2, 4, 3], [], [], 1).Span.ToArray();

    private void Write(string name, Dictionary<string, Tensor> state, Action<JsonNode>? change = null)
    {
        SafetensorsFile.Write(Path.Combine(_folder, "model.safetensors"), state.Select(pair => (pair.Key, pair.Value)));
        JsonNode config = JsonNode.Parse(File.ReadAllText(Path.Combine(TorchGolden.PathOf(name), "config.json")))!;
        change?.Invoke(config);
        File.WriteAllText(Path.Combine(_folder, "config.json"), config.ToJsonString());
    }
}
