namespace Lora.Models;

/// <summary>A RoBERTa that sorts texts into classes.</summary>
public sealed partial class RobertaForSequenceClassification : BertClassifier, ISequenceClassifier
{
    private readonly BertModel _roberta;
    private readonly RobertaClassificationHead _classifier;

    /// <summary>Creates a RoBERTa with random weights.</summary>
    /// <param name="config">Its dimensions.</param>
    /// <exception cref="InvalidDataException">The configuration contradicts itself.</exception>
    public RobertaForSequenceClassification(BertConfig config)
        : base(config)
    {
        _roberta = new BertModel(config, hasPooler: false);
        _classifier = new RobertaClassificationHead(config);
    }

    /// <inheritdoc/>
    [Differentiable]
    public Tensor Forward(ReadOnlySpan<int> tokens, ReadOnlySpan<int> attentionMask, ReadOnlySpan<int> tokenTypes, int batch) =>
        _classifier.Forward(_roberta.Forward(tokens, attentionMask, tokenTypes, batch));

    /// <inheritdoc/>
    [Differentiable]
    public float Loss(ReadOnlySpan<int> tokens, ReadOnlySpan<int> attentionMask, ReadOnlySpan<int> tokenTypes, ReadOnlySpan<int> classes, int batch) =>
        Nn.CrossEntropy(Forward(tokens, attentionMask, tokenTypes, batch), classes);

    internal static PretrainedModel.Plan PlanOf(ConfigFile file, int? classes)
    {
        var model = new RobertaForSequenceClassification(BertConfig.Read(file, classes));
        return new PretrainedModel.Plan(file, model, new CheckpointLayout
        {
            BasePrefix = "roberta.",
            HeadPrefixes = ["classifier."],
            PassedOverSuffixes = [".embeddings.position_ids"],
            PassedOverPrefixes = ["lm_head.", "roberta.pooler."],
        });
    }
}

/// <summary>The head: a projection, tanh, and the classes.</summary>
/// <param name="config">The model's dimensions.</param>
internal sealed partial class RobertaClassificationHead(BertConfig config)
{
    private readonly Linear _dense = new(config.HiddenSize, config.HiddenSize);
    private readonly Linear _outProj = new(config.HiddenSize, config.Labels.Count);

    [Differentiable]
    public Tensor Forward(Tensor x) => _outProj.Forward(Nn.Tanh(_dense.Forward(x)));
}
