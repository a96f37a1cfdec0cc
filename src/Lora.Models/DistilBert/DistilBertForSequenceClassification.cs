namespace Lora.Models;

/// <summary>A DistilBERT that sorts texts into classes.</summary>
public sealed partial class DistilBertForSequenceClassification : ISequenceClassifier
{
    private readonly DistilBertModel _distilbert;
    private readonly Linear _preClassifier;
    private readonly Linear _classifier;

    /// <summary>Creates a DistilBERT with random weights.</summary>
    /// <param name="config">Its dimensions.</param>
    /// <exception cref="InvalidDataException">The configuration contradicts itself.</exception>
    public DistilBertForSequenceClassification(DistilBertConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        config.Check(nameof(DistilBertConfig));
        Config = config;
        _distilbert = new DistilBertModel(config);
        _preClassifier = new Linear(config.Dim, config.Dim);
        _classifier = new Linear(config.Dim, config.Labels.Count);
    }

    /// <summary>The dimensions.</summary>
    public DistilBertConfig Config { get; }

    /// <inheritdoc/>
    public IReadOnlyList<string> Labels => Config.Labels;

    /// <inheritdoc/>
    public int MaxSequenceLength => Config.MaxSequenceLength;

    /// <inheritdoc/>
    public int PadTokenId => Config.PadTokenId;

    // PEFT trains every module in full whose name ends with "classifier", and adapts none of them.
    IReadOnlyList<string> IPeftModel.HeadModules => ["pre_classifier", "classifier"];

    /// <inheritdoc/>
    [Differentiable]
    public Tensor Forward(ReadOnlySpan<int> tokens, ReadOnlySpan<int> attentionMask, ReadOnlySpan<int> tokenTypes, int batch)
    {
        Tensor x = _distilbert.Forward(tokens, attentionMask, batch);
        return _classifier.Forward(Nn.Relu(_preClassifier.Forward(x)));
    }

    /// <inheritdoc/>
    [Differentiable]
    public float Loss(ReadOnlySpan<int> tokens, ReadOnlySpan<int> attentionMask, ReadOnlySpan<int> tokenTypes, ReadOnlySpan<int> classes, int batch) =>
        Nn.CrossEntropy(Forward(tokens, attentionMask, tokenTypes, batch), classes);

    internal static PretrainedModel.Plan PlanOf(ConfigFile file, int? classes)
    {
        var model = new DistilBertForSequenceClassification(DistilBertConfig.Read(file, classes));
        return new PretrainedModel.Plan(file, model, new CheckpointLayout
        {
            BasePrefix = "distilbert.",
            HeadPrefixes = ["pre_classifier.", "classifier."],
            PassedOverSuffixes = [".embeddings.position_ids"],
            PassedOverPrefixes = ["vocab_transform.", "vocab_layer_norm.", "vocab_projector."],
        });
    }
}
