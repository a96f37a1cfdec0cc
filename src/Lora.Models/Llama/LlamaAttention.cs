namespace Lora.Models;

/// <summary>
/// Causal attention with rotary positions (Su et al. 2021, "RoFormer") and key/value heads that groups of query heads share
/// (Ainslie et al. 2023, "GQA"); where the configuration says so, with every head's queries and keys normalised
/// (Henry et al. 2020, "Query-Key Normalization for Transformers").
/// </summary>
/// <param name="config">The model's dimensions.</param>
/// <param name="rotary">The angles of the positions, which all layers share.</param>
internal sealed partial class LlamaAttention(LlamaConfig config, RotaryEmbedding rotary)
{
    private readonly int _heads = config.NumAttentionHeads;
    private readonly Linear _qProj = new(config.HiddenSize, config.NumAttentionHeads * config.HeadDim, config.QkvBias);
    private readonly Linear _kProj = new(config.HiddenSize, config.NumKeyValueHeads * config.HeadDim, config.QkvBias);
    private readonly Linear _vProj = new(config.HiddenSize, config.NumKeyValueHeads * config.HeadDim, config.QkvBias);
    private readonly Linear _oProj = new(config.NumAttentionHeads * config.HeadDim, config.HiddenSize, config.OutputBias);
    private readonly RmsNorm? _qNorm = config.QkNorm ? new RmsNorm(config.HeadDim, config.RmsNormEps) : null;
    private readonly RmsNorm? _kNorm = config.QkNorm ? new RmsNorm(config.HeadDim, config.RmsNormEps) : null;

    [Differentiable]
    public Tensor Forward(Tensor x) => _oProj.Forward(Nn.CausalAttention(Queries(x, 0), Keys(x, 0), _vProj.Forward(x), _heads));

    /// <summary>The same for positions that come after those of the cache, which takes them up.</summary>
    public Tensor Next(Tensor x, KeyValueCache cache)
    {
        int position = cache.Length;
        (Tensor keys, Tensor values) = cache.Append(Keys(x, position), _vProj.Forward(x));
        return _oProj.Forward(Nn.CausalAttention(Queries(x, position), keys, values, _heads));
    }

    [Differentiable]
    private Tensor Queries(Tensor x, int position) => _qNorm is null
        ? Nn.Rotary(_qProj.Forward(x), rotary, position)
        : Nn.Rotary(PerHead(_qProj.Forward(x), _qNorm), rotary, position);

    [Differentiable]
    private Tensor Keys(Tensor x, int position) => _kNorm is null
        ? Nn.Rotary(_kProj.Forward(x), rotary, position)
        : Nn.Rotary(PerHead(_kProj.Forward(x), _kNorm), rotary, position);

    [Differentiable]
    private static Tensor PerHead(Tensor x, RmsNorm norm) =>
        Nn.Reshape(norm.Forward(Nn.Reshape(x, x.Shape[0], x.Shape[1], -1, norm.Width)), x.Shape[0], x.Shape[1], -1);
}
