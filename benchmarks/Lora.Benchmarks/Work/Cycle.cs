namespace Lora.Benchmarks;

/// <summary>Copies of a weight matrix that together lie far beyond any last-level cache: each use takes the next, which comes from memory.</summary>
internal sealed class Cycle<T>(IReadOnlyList<T> items)
{
    public const long Bytes = 256L << 20;

    private int _next = -1;

    /// <summary>The copies that are needed of something of this size.</summary>
    public static int CountFor(long bytes) => (int)Math.Max(2, (Bytes + bytes - 1) / bytes);

    public T Next() => items[_next = (_next + 1) % items.Count];
}
