namespace Lora.Models;

/// <summary>The indices 0, 1, 2, … of learned positions.</summary>
internal static class Positions
{
    private static int[] _indices = [];

    /// <summary>The positions of a sequence, or of the part of it that comes after its first tokens.</summary>
    /// <param name="first">How many tokens come before.</param>
    /// <param name="count">The positions asked for.</param>
    /// <param name="max">The longest sequence that the model takes.</param>
    /// <exception cref="ArgumentException">The sequence is longer.</exception>
    public static ReadOnlySpan<int> Of(int first, int count, int max)
    {
        int length = first + count;
        if (length > max)
        {
            throw new ArgumentException($"A sequence has {length} tokens; the model takes at most {max}. Cut it.", nameof(count));
        }

        int[] indices = Volatile.Read(ref _indices);
        if (indices.Length < length)
        {
            indices = [.. Enumerable.Range(0, Math.Max(length, 512))];
            Volatile.Write(ref _indices, indices);
        }

        return indices.AsSpan(first, count);
    }
}
