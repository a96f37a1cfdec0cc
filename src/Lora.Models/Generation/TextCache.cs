namespace Lora.Models;

/// <summary>What a model remembers of a text that it has read: the keys and values of every layer.</summary>
public sealed class TextCache
{
    private readonly KeyValueCache[] _layers;

    internal TextCache(int layers, int capacity, int width) => _layers = [.. Enumerable.Range(0, layers).Select(_ => new KeyValueCache(capacity, width))];

    /// <summary>The most tokens.</summary>
    public int Capacity => _layers[0].Capacity;

    /// <summary>The tokens read so far.</summary>
    public int Length => _layers[0].Length;

    internal KeyValueCache this[int layer] => _layers[layer];

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
