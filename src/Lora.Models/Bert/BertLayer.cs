namespace Lora.Models;

/// <summary>One layer: attention and feed-forward block, each added to what came in and then normalised.</summary>
/// <param name="config">The model's dimensions.</param>
internal sealed partial class BertLayer(BertConfig config)
{
    private readonly BertAttention _attention = new(config);
    private readonly BertIntermediate _intermediate = new(config);
    private readonly BertOutput _output = new(config, config.IntermediateSize);

    [Differentiable]
    public Tensor Forward(Tensor x, [NoDerivative] Tensor mask)
    {
        x = _attention.Forward(x, mask);
        return _output.Forward(_intermediate.Forward(x), x);
    }
}

/// <summary>Attention of every token to every other, added to what came in and normalised.</summary>
/// <param name="config">The model's dimensions.</param>
internal sealed partial class BertAttention(BertConfig config)
{
    private readonly BertSelfAttention _self = new(config);
    private readonly BertOutput _output = new(config, config.HiddenSize);

    [Differentiable]
    public Tensor Forward(Tensor x, [NoDerivative] Tensor mask) => _output.Forward(_self.Forward(x, mask), x);
}

/// <summary>Queries, keys and values, and what attention makes of them.</summary>
/// <param name="config">The model's dimensions.</param>
internal sealed partial class BertSelfAttention(BertConfig config)
{
    private readonly int _heads = config.NumAttentionHeads;
    private readonly Linear _query = new(config.HiddenSize, config.HiddenSize);
    private readonly Linear _key = new(config.HiddenSize, config.HiddenSize);
    private readonly Linear _value = new(config.HiddenSize, config.HiddenSize);

    [Differentiable]
    public Tensor Forward(Tensor x, [NoDerivative] Tensor mask) =>
        Nn.Attention(_query.Forward(x), _key.Forward(x), _value.Forward(x), _heads, mask);
}

/// <summary>The wide half of the feed-forward block.</summary>
/// <param name="config">The model's dimensions.</param>
internal sealed partial class BertIntermediate(BertConfig config)
{
    private readonly Linear _dense = new(config.HiddenSize, config.IntermediateSize);
    private readonly Activation _activation = new(config.HiddenAct);

    [Differentiable]
    public Tensor Forward(Tensor x) => _activation.Forward(_dense.Forward(x));
}

/// <summary>A projection to the width of the residual stream, added to it and normalised.</summary>
/// <param name="config">The model's dimensions.</param>
/// <param name="inputs">The width of what comes in.</param>
internal sealed partial class BertOutput(BertConfig config, int inputs)
{
    private readonly Linear _dense = new(inputs, config.HiddenSize);
    [StateName("LayerNorm")]
    private readonly LayerNorm _layerNorm = new(config.HiddenSize, config.LayerNormEps);

    [Differentiable]
    public Tensor Forward(Tensor x, Tensor residual) => _layerNorm.Forward(_dense.Forward(x) + residual);
}
