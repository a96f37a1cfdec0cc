namespace Lora.Models;

/// <summary>What a BERT and a RoBERTa that sort texts into classes have in common.</summary>
public abstract class BertClassifier
{
    private protected BertClassifier(BertConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        config.Check(nameof(BertConfig));
        Config = config;
    }

    /// <summary>The dimensions.</summary>
    public BertConfig Config { get; }

    /// <inheritdoc cref="ISequenceClassifier.Labels"/>
    public IReadOnlyList<string> Labels => Config.Labels;

    /// <inheritdoc cref="ISequenceClassifier.MaxSequenceLength"/>
    public int MaxSequenceLength => Config.MaxSequenceLength;

    /// <inheritdoc cref="ISequenceClassifier.PadTokenId"/>
    public int PadTokenId => Config.PadTokenId;
}
