namespace Lora.Models;

/// <summary>A BERT that sorts texts into classes.</summary>
public sealed partial class BertForSequenceClassification : BertClassifier, ISequenceClassifier
{
    private readonly BertModel _bert;
    private readonly Linear _classifier;

    /// <summary>Creates a BERT with random weights.</summary>
    /// <param name="config">Its dimensions.</param>
    /// <exception cref="InvalidDataException">The configuration contradicts itself.</exception>
    public BertForSequenceClassification(BertConfig config)
        : base(config)
    {
        _bert = new BertModel(config, hasPooler: true);
        _classifier = new Linear(config.HiddenSize, config.Labels.Count);
    }

    /// <inheritdoc/>
    [Differentiable]
    public Tensor Forward(ReadOnlySpan<int> tokens, ReadOnlySpan<int> attentionMask, ReadOnlySpan<int> tokenTypes, int batch) =>
        _classifier.Forward(_bert.Forward(tokens, attentionMask, tokenTypes, batch));

    /// <inheritdoc/>
    [Differentiable]
    public float Loss(ReadOnlySpan<int> tokens, ReadOnlySpan<int> attentionMask, ReadOnlySpan<int> tokenTypes, ReadOnlySpan<int> classes, int batch) =>
        Nn.CrossEntropy(Forward(tokens, attentionMask, tokenTypes, batch), classes);

    internal static PretrainedModel.Plan PlanOf(ConfigFile file, int? classes)
    {
        var model = new BertForSequenceClassification(BertConfig.Read(file, classes));
        return new PretrainedModel.Plan(file, model, new CheckpointLayout
        {
            BasePrefix = "bert.",
            HeadPrefixes = ["classifier."],
            PassedOverSuffixes = [".embeddings.position_ids"],
            PassedOverPrefixes = ["cls."],
        });
    }
}
