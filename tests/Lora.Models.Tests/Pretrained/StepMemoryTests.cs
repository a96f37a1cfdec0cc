namespace Lora.Models.Tests;

/// <summary>The memory of a step by shapes alone against the memory that a model with weights holds after its steps.</summary>
[Collection(nameof(AloneCollection))]
public sealed class StepMemoryTests
{
    private const int Batch = 3;
    private const int Length = 7;

    // Heights of matrices that fill no panel, and one so wide that panels have gaps between them.
    private const string Llama = """
        {"model_type": "llama", "vocab_size": 611, "hidden_size": 352, "intermediate_size": 390, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
         "max_position_embeddings": 32, "tie_word_embeddings": true}
        """;

    private const string Gpt2 = """{"model_type": "gpt2", "vocab_size": 61, "n_positions": 16, "n_embd": 20, "n_layer": 2, "n_head": 2}""";

    private const string Roberta = """
        {"model_type": "roberta", "vocab_size": 50, "hidden_size": 24, "intermediate_size": 40, "num_hidden_layers": 2, "num_attention_heads": 4, "max_position_embeddings": 18,
         "type_vocab_size": 1, "pad_token_id": 1, "num_labels": 3}
        """;

    private const string Perceptron = """{"model_type": "mlp", "sizes": [30, 50, 5]}""";

    [Theory]
    [InlineData(Llama, WeightFormat.Float32)]
    [InlineData(Llama, WeightFormat.BFloat16)]
    [InlineData(Gpt2, WeightFormat.Float32)]
    [InlineData(Gpt2, WeightFormat.BFloat16)]
    [InlineData(Roberta, WeightFormat.Float32)]
    [InlineData(Perceptron, WeightFormat.BFloat16)]
    public void Shapes_alone_tell_what_training_adapters_takes(string config, WeightFormat format)
    {
        ILoraModel model = WithWeights(config);
        ILoraModel shapes = WithoutWeights(config);
        model.SetWeightFormat(format);
        model.ApplyLora(AllLinear());
        using (Layer.WithoutWeights())
        {
            shapes.ApplyLora(AllLinear());
        }

        shapes.SetWeightFormat(format);
        StepMemory.Of(shapes, Batch, Length).ShouldBe(Train(model));
    }

    [Theory]
    [InlineData(Llama)]
    [InlineData(Gpt2)]
    [InlineData(Roberta)]
    [InlineData(Perceptron)]
    public void Shapes_alone_tell_what_training_every_weight_takes(string config)
    {
        ILoraModel model = WithWeights(config);
        model.SetFrozen(false);
        ModelMemory told = WithFile(config, path => StepMemory.OfFullFineTuning(path, Batch, Length));
        told.ShouldBe(Train(model));
        told.Adapters.ShouldBe(0);
        told.Gradients.ShouldBe(sizeof(float) * model.CountParameters().Total);
    }

    [Fact]
    public void A_sequence_too_long_for_the_model_is_refused()
    {
        Should.Throw<ArgumentException>(() => StepMemory.Of(WithoutWeights(Gpt2), 1, 17)).Message.ShouldContain("17");
        StepMemory.LongestSequence(WithoutWeights(Gpt2)).ShouldBe(16);
        StepMemory.LongestSequence(WithoutWeights(Perceptron)).ShouldBeNull();
    }

    private static LoraOptions AllLinear() => new() { Rank = 3, Alpha = 6, TargetMatching = TargetMatching.AllLinear };

    private static ILoraModel WithoutWeights(string config) => WithFile(config, PretrainedModel.WithoutWeights);

    private static ILoraModel WithWeights(string config) => WithFile<ILoraModel>(config, path => config switch
    {
        Llama => new LlamaForCausalLM(LlamaConfig.Load(path)),
        Gpt2 => new Gpt2LMHeadModel(((Gpt2LMHeadModel)PretrainedModel.WithoutWeights(path)).Config),
        Roberta => new RobertaForSequenceClassification(((RobertaForSequenceClassification)PretrainedModel.WithoutWeights(path)).Config),
        _ => new Mlp([30, 50, 5]),
    });

    private static T WithFile<T>(string config, Func<string, T> use)
    {
        string folder = Directory.CreateTempSubdirectory("lora-").FullName;
        try
        {
            string path = Path.Combine(folder, "config.json");
            File.WriteAllText(path, config);
            return use(path);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static ModelMemory Train(ILoraModel model)
    {
        int[] tokens = [.. Enumerable.Range(0, Batch * Length).Select(i => 3 + (i % 11))];
        int[] classes = [0, 1, 2];
        var adam = new Adam(model.TrainableParameters);
        for (int step = 0; step < 3; step++)
        {
            _ = model switch
            {
                ICausalLanguageModel causal => causal.LossAndGradients(tokens, tokens, Batch),
                ISequenceClassifier classifier => classifier.LossAndGradients(tokens, [], [], classes, Batch),
                Mlp mlp => mlp.LossAndGradients(Tensor.RandomNormal(3, Batch, 30), classes),
                _ => throw new NotSupportedException(),
            };
            adam.Step();
        }

        return ModelMemory.Of(model, adam);
    }
}
