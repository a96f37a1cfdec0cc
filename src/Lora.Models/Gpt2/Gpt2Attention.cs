namespace Lora.Models;

/// <summary>Causal attention whose queries, keys and values come from one matrix, <c>c_attn</c>.</summary>
/// <param name="config">The model's dimensions.</param>
internal sealed partial class Gpt2Attention(Gpt2Config config)
{
    private readonly int _heads = config.Heads;
    private readonly int _width = config.Width;
    private readonly Linear _cAttn = new(config.Width, 3 * config.Width);
    private readonly Linear _cProj = new(config.Width, config.Width);

    [Differentiable]
    public Tensor Forward(Tensor x)
    {
        Tensor all = _cAttn.Forward(x);
        Tensor q = Nn.Slice(all, -1, 0, _width);
        Tensor k = Nn.Slice(all, -1, _width, _width);
        Tensor v = Nn.Slice(all, -1, 2 * _width, _width);
        return _cProj.Forward(Nn.CausalAttention(q, k, v, _heads));
    }

    /// <summary>The same for positions that come after those of the cache, which takes them up.</summary>
    public Tensor Next(Tensor x, KeyValueCache cache)
    {
        Tensor all = _cAttn.Forward(x);
        Tensor q = Nn.Slice(all, -1, 0, _width);
        (Tensor k, Tensor v) = cache.Append(Nn.Slice(all, -1, _width, _width), Nn.Slice(all, -1, 2 * _width, _width));
        return _cProj.Forward(Nn.CausalAttention(q, k, v, _heads));
    }
}
