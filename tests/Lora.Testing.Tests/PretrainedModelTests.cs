using Lora.Models;

namespace Lora.Testing.Tests;

/// <summary>The pretrained models beside Llama, small and with random weights, pass the proofs; and none is forgotten.</summary>
[Collection("one seed")]
public sealed class PretrainedModelTests
{
    private static readonly int[] _tokens = [3, 17, 5, 9, 0, 22, 11, 4, 8, 2];
    private static readonly int[] _mask = [1, 1, 1, 1, 1, 1, 1, 1, 1, 0];
    private static readonly int[] _types = [0, 0, 1, 1, 1, 0, 0, 0, 1, 0];
    private static readonly int[] _classes = [2, 0];

    public PretrainedModelTests() => LoraRandom.ManualSeed(42);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Gpt2(bool isTied)
    {
        int[] next = [17, 5, 9, 0, 22, 11, 4, -100, 2, 1];
        ModelProof.Check(
            Adapted(new Gpt2LMHeadModel(new Gpt2Config
            {
                VocabSize = 23,
                Positions = 16,
                Width = 16,
                Layers = 2,
                Heads = 4,
                InnerWidth = 24,
                TieWordEmbeddings = isTied,
            })),
            model => model.Loss(_tokens, next, 2),
            model => model.LossAndGradients(_tokens, next, 2));
    }

    [Fact]
    public void Bert() => ModelProof.Check(
        Adapted(new BertForSequenceClassification(BertLike)),
        model => model.Loss(_tokens, _mask, _types, _classes, 2),
        model => model.LossAndGradients(_tokens, _mask, _types, _classes, 2));

    [Fact]
    public void Roberta() => ModelProof.Check(
        Adapted(new RobertaForSequenceClassification(BertLike with { CountsFromPadding = true, TypeVocabSize = 1, PadTokenId = 1 })),
        model => model.Loss(_tokens, _mask, [], _classes, 2),
        model => model.LossAndGradients(_tokens, _mask, [], _classes, 2));

    [Fact]
    public void DistilBert() => ModelProof.Check(
        Adapted(new DistilBertForSequenceClassification(new DistilBertConfig
        {
            VocabSize = 23,
            Dim = 16,
            HiddenDim = 24,
            Layers = 2,
            Heads = 4,
            MaxPositionEmbeddings = 16,
            Labels = ["a", "b", "c"],
        })),
        model => model.Loss(_tokens, _mask, [], _classes, 2),
        model => model.LossAndGradients(_tokens, _mask, [], _classes, 2));

    [Fact]
    public void Perceptron()
    {
        (Tensor x, Tensor target) = (Tensor.RandomNormal(1, 5, 8), Tensor.RandomNormal(2, 5, 3));
        int[] classes = [0, 2, 1, 1, 0];
        ModelProof.Check(Adapted(new Mlp([8, 12, 3])), model => model.Loss(x, classes), model => model.LossAndGradients(x, classes));
        ModelProof.Check(Adapted(new Mlp([8, 12, 3])), model => model.SquaredLoss(x, target), model => model.SquaredLossAndGradients(x, target));
    }

    [Fact]
    public void None_is_forgotten() => typeof(LlamaForCausalLM).Assembly.GetExportedTypes()
        .Where(type => type.IsClass && !type.IsAbstract && type.IsAssignableTo(typeof(ILoraModel)))
        .Select(type => type.Name)
        .Order()
        .ShouldBe([
            nameof(BertForSequenceClassification), nameof(DistilBertForSequenceClassification), nameof(Gpt2LMHeadModel), nameof(LlamaForCausalLM), nameof(Mlp),
            nameof(RobertaForSequenceClassification),
        ]);

    private static BertConfig BertLike => new()
    {
        VocabSize = 23,
        HiddenSize = 16,
        IntermediateSize = 24,
        NumHiddenLayers = 2,
        NumAttentionHeads = 4,
        MaxPositionEmbeddings = 16,
        Labels = ["a", "b", "c"],
    };

    private static TModel Adapted<TModel>(TModel model)
        where TModel : ILoraModel
    {
        model.ApplyLora(new LoraOptions { Rank = 3, Alpha = 5, TargetMatching = TargetMatching.AllLinear });
        return model;
    }
}
