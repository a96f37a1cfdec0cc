namespace Lora.Models;

/// <summary>What a model remembers of a text that it has read: the keys and values of every layer.</summary>
public sealed class TextCache
{
    /// <summary>Up to so many tokens at a time, what is computed for them is short-lived and alike: reading a long text would hold too much.</summary>
    private const int FewTokens = 4;

    private readonly KeyValueCache[] _layers;
    private readonly TransientMemory _memory = new();

    internal TextCache(int layers, int capacity, int width) => _layers = [.. Enumerable.Range(0, layers).Select(_ => new KeyValueCache(capacity, width))];

    /// <summary>The most tokens.</summary>
    public int Capacity => _layers[0].Capacity;

    /// <summary>The tokens read so far.</summary>
    public int Length => _layers[0].Length;

    internal KeyValueCache this[int layer] => _layers[layer];

    /// <summary>Reads tokens in memory that is used again for the next: the result is valid until then.</summary>
    internal Tensor Read(ReadOnlySpan<int> tokens, Reader reader)
    {
        if (tokens.Length > FewTokens)
        {
            return reader(tokens, this);
        }

        using (_memory.Open())
        {
            return reader(tokens, this);
        }
    }

    /// <summary>What a model computes for tokens that come after those of the cache.</summary>
    internal delegate Tensor Reader(ReadOnlySpan<int> tokens, TextCache cache);

    /// <summary>Forgets the tokens from one on: what comes next continues a shorter text.</summary>
    /// <param name="length">The tokens that stay.</param>
    /// <exception cref="ArgumentOutOfRangeException">Fewer were read.</exception>
    public void Truncate(int length)
    {
        foreach (KeyValueCache layer in _layers)
        {
            layer.Truncate(length);
        }
    }
}
