namespace Lora.Models;

/// <summary>What encoders make of the integers that they are given.</summary>
internal static class EncoderInputs
{
    [ThreadStatic]
    private static int[]? _positions;

    /// <summary>What is added to the scores of the keys: 0, or −∞ for what fills up a sequence.</summary>
    /// <param name="attentionMask">1 for each token, and 0 for what fills up; empty where nothing does.</param>
    /// <param name="batch">The number of sequences.</param>
    /// <param name="length">The length of each.</param>
    /// <returns>[batch, 1, length].</returns>
    /// <exception cref="ArgumentException">The mask is not of that size, or has other values.</exception>
    [Derivative(nameof(PaddingMaskBackward), Into = nameof(PaddingMaskInto), Shape = nameof(PaddingMaskShape))]
    public static Tensor PaddingMask(ReadOnlySpan<int> attentionMask, int batch, int length)
    {
        Tensor result = Operation.Result(PaddingMaskShape(attentionMask, batch, length));
        PaddingMaskInto(attentionMask, batch, length, result);
        return result;
    }

    public static TensorShape PaddingMaskShape(ReadOnlySpan<int> attentionMask, int batch, int length) =>
        attentionMask.IsEmpty || attentionMask.Length == batch * length ? new TensorShape(batch, 1, length) : throw new ArgumentException(
            $"The attention mask has {attentionMask.Length} entries for {batch} sequences of {length} tokens.", nameof(attentionMask));

    public static void PaddingMaskInto(ReadOnlySpan<int> attentionMask, int batch, int length, Tensor result)
    {
        Span<float> values = result.Span;
        values.Clear();
        for (int i = 0; i < attentionMask.Length; i++)
        {
            values[i] = attentionMask[i] switch
            {
                0 => float.NegativeInfinity,
                1 => 0,
                int other => throw new ArgumentException($"The attention mask is {other} at position {i}; it is 1 for a token and 0 for what fills up.", nameof(attentionMask)),
            };
        }
    }

    /// <summary>Nothing: there is no tensor that the mask is made from.</summary>
    public static void PaddingMaskBackward(ReadOnlySpan<int> attentionMask, int batch, int length, Tensor gradResult)
    {
    }

    /// <summary>
    /// The positions as RoBERTa counts them, from its padding index on: each token's is one more than the token's before, and what fills up has the
    /// padding index itself. Valid until the thread's next call.
    /// </summary>
    /// <param name="tokens">The sequences.</param>
    /// <param name="batch">The number of sequences.</param>
    /// <param name="padding">The padding index.</param>
    public static ReadOnlySpan<int> PositionsAfterPadding(ReadOnlySpan<int> tokens, int batch, int padding)
    {
        if (_positions is null || _positions.Length < tokens.Length)
        {
            _positions = new int[tokens.Length];
        }

        int length = tokens.Length / batch;
        int count = 0;
        for (int i = 0; i < tokens.Length; i++)
        {
            count = i % length == 0 ? 0 : count;
            _positions[i] = tokens[i] == padding ? padding : padding + ++count;
        }

        return _positions.AsSpan(0, tokens.Length);
    }
}
