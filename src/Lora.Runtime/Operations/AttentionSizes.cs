namespace Lora;

/// <summary>The dimensions of one attention, checked.</summary>
internal readonly record struct AttentionSizes(int Batches, int Queries, int Keys, int Heads, int KeyHeads, int HeadDim)
{
    public int QueryWidth => Heads * HeadDim;

    public int KeyWidth => KeyHeads * HeadDim;

    /// <summary>The query heads that share one key head.</summary>
    public int Group => Heads / KeyHeads;

    public float Scale => (float)(1 / Math.Sqrt(HeadDim));

    public static AttentionSizes Of(Tensor q, Tensor k, Tensor v, int heads, string operation)
    {
        ArgumentNullException.ThrowIfNull(q);
        ArgumentNullException.ThrowIfNull(k);
        ArgumentNullException.ThrowIfNull(v);
        ArgumentOutOfRangeException.ThrowIfLessThan(heads, 1);
        if (q.Rank < 2 || k.Rank != q.Rank || k.FullShape != v.FullShape || !q.Shape[..^2].SequenceEqual(k.Shape[..^2]))
        {
            throw new ArgumentException(
                $"{operation} takes q [.., t, heads · d] and k and v of one shape [.., s, key heads · d]; it was given {q.FullShape}, {k.FullShape} and {v.FullShape}.");
        }

        int queryWidth = q.Shape[^1];
        int keyWidth = k.Shape[^1];
        if (queryWidth == 0 || queryWidth % heads != 0)
        {
            throw new ArgumentException($"{operation} was given q of shape {q.FullShape}, whose last dimension does not divide into {heads} heads.", nameof(heads));
        }

        int headDim = queryWidth / heads;
        if (keyWidth == 0 || keyWidth % headDim != 0 || heads % (keyWidth / headDim) != 0)
        {
            throw new ArgumentException(
                $"{operation} was given k of shape {k.FullShape}; with {heads} query heads of width {headDim}, its last dimension must be {headDim} times a divisor of {heads}.",
                nameof(k));
        }

        int batches = 1;
        foreach (int dimension in q.Shape[..^2])
        {
            batches *= dimension;
        }

        return new AttentionSizes(batches, q.Shape[^2], k.Shape[^2], heads, keyWidth / headDim, headDim);
    }
}
