using Lora;

namespace Concepts;

/// <summary>A transformer that predicts the next letter. Beside LoRA, which any of its layers can take, a block may carry what other methods train.</summary>
/// <param name="bottleneck">The width of a bottleneck adapter after each block; 0 for none.</param>
/// <param name="prefix">The number of keys and values that each attention sees before the text's; 0 for none.</param>
internal sealed partial class LetterModel(int bottleneck = 0, int prefix = 0)
{
    public const int Width = 64;
    public const int Length = 64;

    private readonly Embedding _letters = new(Dialect.Letters, Width);
    private readonly Embedding _places = new(Length, Width);
    private readonly Block[] _blocks = [new(bottleneck, prefix), new(bottleneck, prefix)];
    private readonly LayerNorm _norm = new(Width);
    private readonly Linear _head = new(Width, Dialect.Letters);

    [Differentiable]
    public Tensor Forward(ReadOnlySpan<int> letters, int batch)
    {
        Tensor x = _letters.Forward(letters, batch);
        x = x + _places.Forward(Repeated.Range(x.Shape[1], 1));
        foreach (Block block in _blocks)
        {
            x = block.Forward(x);
        }

        return _head.Forward(_norm.Forward(x));
    }

    [Differentiable]
    public float Loss(ReadOnlySpan<int> letters, ReadOnlySpan<int> next, int batch) => Nn.CrossEntropy(Forward(letters, batch), next);

    /// <summary>Has everything trained in full, or nothing but what a method adds.</summary>
    public void Freeze(bool isFrozen)
    {
        _letters.IsFrozen = _places.IsFrozen = _norm.IsFrozen = _head.IsFrozen = isFrozen;
        foreach (Block block in _blocks)
        {
            block.Freeze(isFrozen);
        }
    }
}

/// <summary>Attention and a feed-forward network.</summary>
internal sealed partial class Block(int bottleneck, int prefix)
{
    private const int Heads = 4;

    private readonly LayerNorm _before = new(LetterModel.Width);
    private readonly Linear _qProj = new(LetterModel.Width, LetterModel.Width);
    private readonly Linear _kProj = new(LetterModel.Width, LetterModel.Width);
    private readonly Linear _vProj = new(LetterModel.Width, LetterModel.Width);
    private readonly Linear _oProj = new(LetterModel.Width, LetterModel.Width);
    private readonly LayerNorm _between = new(LetterModel.Width);
    private readonly Linear _up = new(LetterModel.Width, 4 * LetterModel.Width);
    private readonly Linear _down = new(4 * LetterModel.Width, LetterModel.Width);
    private readonly Bottleneck? _bottleneck = bottleneck > 0 ? new Bottleneck(LetterModel.Width, bottleneck) : null;
    private readonly Prefix? _prefix = prefix > 0 ? new Prefix(prefix, LetterModel.Width) : null;

    [Differentiable]
    public Tensor Forward(Tensor x)
    {
        Tensor h = _before.Forward(x);
        Tensor keys = _kProj.Forward(h);
        Tensor values = _vProj.Forward(h);
        if (_prefix is not null)
        {
            keys = Nn.Concat(_prefix.Keys(x.Shape[0]), keys, 1);
            values = Nn.Concat(_prefix.Values(x.Shape[0]), values, 1);
        }

        x = x + _oProj.Forward(Nn.CausalAttention(_qProj.Forward(h), keys, values, Heads));
        x = x + _down.Forward(Nn.Gelu(_up.Forward(_between.Forward(x))));
        return _bottleneck is null ? x : _bottleneck.Forward(x);
    }

    public void Freeze(bool isFrozen)
    {
        foreach (Layer layer in (Layer[])[_before, _qProj, _kProj, _vProj, _oProj, _between, _up, _down])
        {
            layer.IsFrozen = isFrozen;
        }
    }
}

/// <summary>A bottleneck adapter (Houlsby et al. 2019, "Parameter-Efficient Transfer Learning for NLP"): it comes after what it adapts, and stays there.</summary>
internal sealed partial class Bottleneck
{
    [Trainable] private readonly Linear _narrow;
    [Trainable] private readonly Linear _widen;

    public Bottleneck(int width, int bottleneck)
    {
        _narrow = new Linear(width, bottleneck);
        _widen = Linear.From(Tensor.Zeros(width, bottleneck), Tensor.Zeros(width));
    }

    [Differentiable]
    public Tensor Forward(Tensor x) => x + _widen.Forward(Nn.Relu(_narrow.Forward(x)));
}

/// <summary>Trained keys and values (Li and Liang 2021, "Prefix-Tuning: Optimizing Continuous Prompts for Generation").</summary>
internal sealed partial class Prefix(int count, int width)
{
    [Trainable] private readonly Embedding _keys = new(count, width);
    [Trainable] private readonly Embedding _values = new(count, width);

    [Differentiable]
    public Tensor Keys(int batch) => _keys.Forward(Repeated.Range(count, batch), batch);

    [Differentiable]
    public Tensor Values(int batch) => _values.Forward(Repeated.Range(count, batch), batch);
}

/// <summary>The numbers 0, 1, 2, …, several times over.</summary>
internal static class Repeated
{
    private static readonly Dictionary<(int Count, int Times), int[]> _ranges = [];

    public static ReadOnlySpan<int> Range(int count, int times)
    {
        if (!_ranges.TryGetValue((count, times), out int[]? range))
        {
            range = [.. Enumerable.Range(0, count * times).Select(i => i % count)];
            _ranges.Add((count, times), range);
        }

        return range;
    }
}
