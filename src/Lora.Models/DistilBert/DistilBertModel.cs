namespace Lora.Models;

/// <summary>The body of a DistilBERT: embeddings and layers.</summary>
/// <param name="config">The model's dimensions.</param>
internal sealed partial class DistilBertModel(DistilBertConfig config)
{
    private readonly DistilBertEmbeddings _embeddings = new(config);
    private readonly DistilBertTransformer _transformer = new(config);

    /// <summary>What the first token of each sequence has become: [batch, width].</summary>
    [Differentiable]
    public Tensor Forward(ReadOnlySpan<int> tokens, ReadOnlySpan<int> attentionMask, int batch)
    {
        Tensor x = _embeddings.Forward(tokens, batch);
        x = _transformer.Forward(x, EncoderInputs.PaddingMask(attentionMask, batch, x.Shape[1]));
        return Nn.Reshape(Nn.Slice(x, 1, 0, 1), batch, x.Shape[2]);
    }
}

/// <summary>The sum of what a token and its position stand for, normalised.</summary>
/// <param name="config">The model's dimensions.</param>
internal sealed partial class DistilBertEmbeddings(DistilBertConfig config)
{
    private readonly Embedding _wordEmbeddings = new(config.VocabSize, config.Dim);
    private readonly Embedding _positionEmbeddings = new(config.MaxPositionEmbeddings, config.Dim);
    [StateName("LayerNorm")]
    private readonly LayerNorm _layerNorm = new(config.Dim, 1e-12f);

    [Differentiable]
    public Tensor Forward(ReadOnlySpan<int> tokens, int batch)
    {
        Tensor x = _wordEmbeddings.Forward(tokens, batch);
        return _layerNorm.Forward(x + _positionEmbeddings.Forward(Positions.Of(0, x.Shape[1], config.MaxSequenceLength)));
    }
}

/// <summary>The layers.</summary>
/// <param name="config">The model's dimensions.</param>
internal sealed partial class DistilBertTransformer(DistilBertConfig config)
{
    private readonly DistilBertBlock[] _layer = [.. Enumerable.Range(0, config.Layers).Select(_ => new DistilBertBlock(config))];

    [Differentiable]
    public Tensor Forward(Tensor x, [NoDerivative] Tensor mask)
    {
        foreach (DistilBertBlock layer in _layer)
        {
            x = layer.Forward(x, mask);
        }

        return x;
    }
}

/// <summary>One layer: attention and feed-forward block, each added to what came in and then normalised.</summary>
/// <param name="config">The model's dimensions.</param>
internal sealed partial class DistilBertBlock(DistilBertConfig config)
{
    private readonly DistilBertAttention _attention = new(config);
    private readonly LayerNorm _saLayerNorm = new(config.Dim, 1e-12f);
    private readonly DistilBertFfn _ffn = new(config);
    private readonly LayerNorm _outputLayerNorm = new(config.Dim, 1e-12f);

    [Differentiable]
    public Tensor Forward(Tensor x, [NoDerivative] Tensor mask)
    {
        x = _saLayerNorm.Forward(_attention.Forward(x, mask) + x);
        return _outputLayerNorm.Forward(_ffn.Forward(x) + x);
    }
}

/// <summary>Attention of every token to every other.</summary>
/// <param name="config">The model's dimensions.</param>
internal sealed partial class DistilBertAttention(DistilBertConfig config)
{
    private readonly int _heads = config.Heads;
    private readonly Linear _qLin = new(config.Dim, config.Dim);
    private readonly Linear _kLin = new(config.Dim, config.Dim);
    private readonly Linear _vLin = new(config.Dim, config.Dim);
    private readonly Linear _outLin = new(config.Dim, config.Dim);

    [Differentiable]
    public Tensor Forward(Tensor x, [NoDerivative] Tensor mask) =>
        _outLin.Forward(Nn.Attention(_qLin.Forward(x), _kLin.Forward(x), _vLin.Forward(x), _heads, mask));
}

/// <summary>The feed-forward block.</summary>
/// <param name="config">The model's dimensions.</param>
internal sealed partial class DistilBertFfn(DistilBertConfig config)
{
    private readonly Linear _lin1 = new(config.Dim, config.HiddenDim);
    private readonly Activation _activation = new(config.Activation);
    private readonly Linear _lin2 = new(config.HiddenDim, config.Dim);

    [Differentiable]
    public Tensor Forward(Tensor x) => _lin2.Forward(_activation.Forward(_lin1.Forward(x)));
}
