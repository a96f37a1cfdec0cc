namespace Lora.Models;

/// <summary>The body of a GPT-2: embeddings of tokens and positions, layers, and the last normalisation.</summary>
internal sealed partial class Gpt2Model(Gpt2Config config)
{
    private readonly int _positions = config.Positions;
    private readonly Embedding _wte = new(config.VocabSize, config.Width);
    private readonly Embedding _wpe = new(config.Positions, config.Width);
    private readonly Gpt2Block[] _h = [.. Enumerable.Range(0, config.Layers).Select(_ => new Gpt2Block(config))];
    private readonly LayerNorm _lnF = new(config.Width, config.LayerNormEpsilon);

    [Differentiable]
    public Tensor Forward(ReadOnlySpan<int> tokens, int batch)
    {
        Tensor x = _wte.Forward(tokens, batch);
        x = x + _wpe.Forward(Positions.Of(0, x.Shape[1], _positions));
        foreach (Gpt2Block block in _h)
        {
            x = block.Forward(x);
        }

        return _lnF.Forward(x);
    }

    [Differentiable]
    public Tensor Project(Tensor x) => Nn.Project(x, _wte);

    /// <summary>The last position alone, for tokens that come after those of the cache, which takes them up.</summary>
    public Tensor Next(ReadOnlySpan<int> tokens, TextCache cache)
    {
        Tensor x = _wte.Forward(tokens, 1);
        x = x + _wpe.Forward(Positions.Of(cache.Length, tokens.Length, _positions));
        for (int i = 0; i < _h.Length; i++)
        {
            x = _h[i].Next(x, cache[i]);
        }

        return _lnF.Forward(Nn.Slice(x, 1, tokens.Length - 1, 1));
    }
}
