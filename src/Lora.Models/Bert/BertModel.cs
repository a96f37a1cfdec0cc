namespace Lora.Models;

/// <summary>The body of a BERT or RoBERTa: embeddings and layers, and BERT's pooler.</summary>
/// <param name="config">The model's dimensions.</param>
/// <param name="hasPooler">Whether there is a pooler.</param>
internal sealed partial class BertModel(BertConfig config, bool hasPooler)
{
    private readonly BertEmbeddings _embeddings = new(config);
    private readonly BertEncoder _encoder = new(config);
    private readonly BertPooler? _pooler = hasPooler ? new BertPooler(config) : null;

    /// <summary>What the first token of each sequence has become, through the pooler where there is one: [batch, width].</summary>
    [Differentiable]
    public Tensor Forward(ReadOnlySpan<int> tokens, ReadOnlySpan<int> attentionMask, ReadOnlySpan<int> tokenTypes, int batch)
    {
        Tensor x = _embeddings.Forward(tokens, tokenTypes, batch);
        x = _encoder.Forward(x, EncoderInputs.PaddingMask(attentionMask, batch, x.Shape[1]));
        Tensor first = Nn.Reshape(Nn.Slice(x, 1, 0, 1), batch, x.Shape[2]);
        return _pooler is null ? first : _pooler.Forward(first);
    }
}

/// <summary>The layers.</summary>
/// <param name="config">The model's dimensions.</param>
internal sealed partial class BertEncoder(BertConfig config)
{
    private readonly BertLayer[] _layer = [.. Enumerable.Range(0, config.NumHiddenLayers).Select(_ => new BertLayer(config))];

    [Differentiable]
    public Tensor Forward(Tensor x, [NoDerivative] Tensor mask)
    {
        foreach (BertLayer layer in _layer)
        {
            x = layer.Forward(x, mask);
        }

        return x;
    }
}

/// <summary>What stands for the whole text: a projection of the first token, between −1 and 1.</summary>
/// <param name="config">The model's dimensions.</param>
internal sealed partial class BertPooler(BertConfig config)
{
    private readonly Linear _dense = new(config.HiddenSize, config.HiddenSize);

    [Differentiable]
    public Tensor Forward(Tensor x) => Nn.Tanh(_dense.Forward(x));
}
