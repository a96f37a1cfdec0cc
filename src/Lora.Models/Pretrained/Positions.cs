namespace Lora.Models;

/// <summary>The indices 0, 1, 2, … of learned positions.</summary>
internal static class Positions
{
    private static int[] _indices = [];

    /// <summary>The positions of a sequence.</summary>
    /// <param name="length">Its length.</param>
    /// <param name="max">The longest that the model takes.</param>
    /// <exception cref="ArgumentException">The sequence is longer.</exception>
    public static ReadOnlySpan<int> UpTo(int length, int max)
    {
        if (length > max)
        {
            throw new ArgumentException($"A sequence has {length} tokens; the model takes at most {max}. Cut it.", nameof(length));
        }

        int[] indices = Volatile.Read(ref _indices);
        if (indices.Length < length)
        {
            indices = [.. Enumerable.Range(0, Math.Max(length, 512))];
            Volatile.Write(ref _indices, indices);
        }

        return indices.AsSpan(0, length);
    }
}
