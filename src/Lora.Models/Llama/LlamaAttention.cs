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
    public Tensor Forward(Tensor x)
    {
        Tensor q = _qProj.Forward(x);
        Tensor k = _kProj.Forward(x);
        Tensor v = _vProj.Forward(x);
        if (_qNorm is not null && _kNorm is not null)
        {
            q = Nn.Reshape(_qNorm.Forward(Nn.Reshape(q, x.Shape[0], x.Shape[1], -1, _qNorm.Width)), x.Shape[0], x.Shape[1], -1);
            k = Nn.Reshape(_kNorm.Forward(Nn.Reshape(k, x.Shape[0], x.Shape[1], -1, _kNorm.Width)), x.Shape[0], x.Shape[1], -1);
        }

        return _oProj.Forward(Nn.CausalAttention(Nn.Rotary(q, rotary), Nn.Rotary(k, rotary), v, _heads));
    }
}
