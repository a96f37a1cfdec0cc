namespace Lora;

/// <summary>What is added to the scores of an attention: nothing, or a tensor that is repeated to [batch, head, query, key].</summary>
internal readonly struct AttentionMask
{
    private readonly Tensor? _values;
    private readonly int _batchStride;
    private readonly int _headStride;
    private readonly int _queryStride;
    private readonly int _keys;

    private AttentionMask(Tensor values, int batchStride, int headStride, int queryStride, int keys)
    {
        _values = values;
        _batchStride = batchStride;
        _headStride = headStride;
        _queryStride = queryStride;
        _keys = keys;
    }

    public static AttentionMask None => default;

    public bool IsEmpty => _values is null;

    /// <summary>The view of a mask [s], [t, s], [.., t, s], or with heads [.., heads, t, s], in which every dimension but the last may be 1.</summary>
    public static AttentionMask Of(Tensor? mask, Tensor q, in AttentionSizes sizes)
    {
        if (mask is null)
        {
            return None;
        }

        bool hasHeads = mask.Rank == q.Rank + 1;
        bool fits = mask.Rank > 0 && mask.Rank <= q.Rank + 1 && mask.Shape[^1] == sizes.Keys;
        int queries = mask.Rank > 1 ? mask.Shape[^2] : 1;
        fits = fits && (queries == 1 || queries == sizes.Queries);
        int heads = hasHeads ? mask.Shape[^3] : 1;
        fits = fits && (heads == 1 || heads == sizes.Heads);
        int batches = 1;
        if (fits && mask.Rank > (hasHeads ? 3 : 2))
        {
            ReadOnlySpan<int> leading = hasHeads ? mask.Shape[..^3] : mask.Shape[..^2];
            foreach (int dimension in leading)
            {
                batches *= dimension;
            }

            fits = batches == 1 || leading.SequenceEqual(q.Shape[..^2]);
        }

        if (!fits)
        {
            throw new ArgumentException(
                $"Attention of q {q.FullShape} to {sizes.Keys} keys takes a mask of shape [t, s], [.., t, s], or with heads [.., heads, t, s], in which every dimension "
                + $"but s may be 1; it was given {mask.FullShape}. A mask of keys alone has the shape [.., 1, s].",
                nameof(mask));
        }

        int queryStride = queries == 1 ? 0 : sizes.Keys;
        int headStride = heads == 1 ? 0 : queries * sizes.Keys;
        int batchStride = batches == 1 ? 0 : heads * queries * sizes.Keys;
        return new AttentionMask(mask, batchStride, headStride, queryStride, sizes.Keys);
    }

    /// <summary>What is added to the scores of one query, by a mask that is not empty.</summary>
    public ReadOnlySpan<float> Row(int batch, int head, int query) =>
        _values!.Span.Slice((batch * _batchStride) + (head * _headStride) + (query * _queryStride), _keys);
}
