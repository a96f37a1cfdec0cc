namespace Lora.Models;

/// <summary>
/// Causal attention with rotary positions (Su et al. 2021, "RoFormer") and key/value heads that groups of query heads share
/// (Ainslie et al. 2023, "GQA").
/// </summary>
/// <param name="config">The model's dimensions.</param>
/// <param name="rotary">The angles of the positions, which all layers share.</param>
internal sealed partial class LlamaAttention(LlamaConfig config, RotaryEmbedding rotary)
{
    private readonly int _heads = config.NumAttentionHeads;
    private readonly Linear _qProj = new(config.HiddenSize, config.NumAttentionHeads * config.HeadDim, config.AttentionBias);
    private readonly Linear _kProj = new(config.HiddenSize, config.NumKeyValueHeads * config.HeadDim, config.AttentionBias);
    private readonly Linear _vProj = new(config.HiddenSize, config.NumKeyValueHeads * config.HeadDim, config.AttentionBias);
    private readonly Linear _oProj = new(config.NumAttentionHeads * config.HeadDim, config.HiddenSize, config.AttentionBias);

    [Differentiable]
    public Tensor Forward(Tensor x)
    {
        Tensor q = Nn.Rotary(_qProj.Forward(x), rotary);
        Tensor k = Nn.Rotary(_kProj.Forward(x), rotary);
        Tensor v = _vProj.Forward(x);
        return _oProj.Forward(Nn.CausalAttention(q, k, v, _heads));
    }
}
