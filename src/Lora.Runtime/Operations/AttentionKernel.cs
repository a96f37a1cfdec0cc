using System.Numerics;
using System.Numerics.Tensors;

namespace Lora;

/// <summary>
/// Attention one head and one block of query rows at a time, so that the scores of a few rows alone are ever in memory (the memory rule of
/// Dao et al. 2022, "FlashAttention"). The forward keeps the logarithm of the sum of each row's exponentials; the backward makes the probabilities anew from it.
/// </summary>
internal static class AttentionKernel
{
    private const int BlockRows = 32;

    // Fewer query rows than this do not repay turning the keys over.
    private const int FewRows = 4;

    /// <summary>Writes the result [.., t, heads · d], and log Σ exp of each row's scores, [batch, heads, t], where it is asked for.</summary>
    public static void Forward(
        in AttentionSizes sizes, ReadOnlySpan<float> q, ReadOnlySpan<float> k, ReadOnlySpan<float> v, bool isCausal, AttentionMask mask,
        Span<float> result, Span<float> logOfSums)
    {
        int stride = RoundUp(sizes.Keys);
        bool turnsKeys = sizes.Queries >= FewRows;
        int turned = turnsKeys ? sizes.HeadDim * stride : 0;
        Span<float> scratch = Scratch.Take(turned + (BlockRows * stride));
        Span<float> keys = scratch[..turned];
        Span<float> scores = scratch[turned..];
        for (int batch = 0; batch < sizes.Batches; batch++)
        {
            for (int keyHead = 0; keyHead < sizes.KeyHeads; keyHead++)
            {
                int keyStart = (batch * sizes.Keys * sizes.KeyWidth) + (keyHead * sizes.HeadDim);
                if (turnsKeys)
                {
                    Turn(k, keyStart, sizes, keys, stride);
                }

                for (int head = keyHead * sizes.Group; head < (keyHead + 1) * sizes.Group; head++)
                {
                    for (int row = 0; row < sizes.Queries; row += BlockRows)
                    {
                        int rows = Math.Min(BlockRows, sizes.Queries - row);
                        int visible = isCausal ? VisibleTo(row + rows - 1, sizes) : sizes.Keys;
                        int queryStart = (((batch * sizes.Queries) + row) * sizes.QueryWidth) + (head * sizes.HeadDim);
                        if (turnsKeys)
                        {
                            Scores(q[queryStart..], keys, stride, sizes, rows, visible, scores);
                        }
                        else
                        {
                            DotScores(q[queryStart..], k[keyStart..], sizes, rows, visible, scores, stride);
                        }

                        for (int i = 0; i < rows; i++)
                        {
                            int seen = isCausal ? VisibleTo(row + i, sizes) : sizes.Keys;
                            Span<float> line = scores.Slice(i * stride, visible);
                            float logOfSum = Normalize(line[..seen], sizes.Scale, mask.Row(batch, head, row + i));
                            line[seen..].Clear();
                            if (!logOfSums.IsEmpty)
                            {
                                logOfSums[(((batch * sizes.Heads) + head) * sizes.Queries) + row + i] = logOfSum;
                            }
                        }

                        StridedProduct.Multiply(
                            scores, stride, 1, v[keyStart..], sizes.KeyWidth, result[queryStart..], sizes.QueryWidth, rows, sizes.HeadDim, visible, add: false);
                    }
                }
            }
        }
    }

    /// <summary>Adds the gradients; a null one is not wanted. Two of them may be one tensor: everything is added.</summary>
    public static void Backward(
        in AttentionSizes sizes, ReadOnlySpan<float> q, ReadOnlySpan<float> k, ReadOnlySpan<float> v, bool isCausal, AttentionMask mask,
        ReadOnlySpan<float> logOfSums, ReadOnlySpan<float> gradResult, Tensor? gradQ, Tensor? gradK, Tensor? gradV)
    {
        Span<float> gradientOfQ = gradQ is null ? default : gradQ.Span;
        Span<float> gradientOfK = gradK is null ? default : gradK.Span;
        Span<float> gradientOfV = gradV is null ? default : gradV.Span;
        bool needsScores = gradQ is not null || gradK is not null;
        int stride = RoundUp(sizes.Keys);
        int turned = sizes.HeadDim * stride;
        Span<float> scratch = Scratch.Take((2 * turned) + (2 * BlockRows * stride));
        Span<float> keys = scratch[..turned];
        Span<float> values = scratch.Slice(turned, turned);
        Span<float> probabilities = scratch.Slice(2 * turned, BlockRows * stride);
        Span<float> slopes = scratch.Slice((2 * turned) + (BlockRows * stride), BlockRows * stride);
        for (int batch = 0; batch < sizes.Batches; batch++)
        {
            for (int keyHead = 0; keyHead < sizes.KeyHeads; keyHead++)
            {
                int keyStart = (batch * sizes.Keys * sizes.KeyWidth) + (keyHead * sizes.HeadDim);
                Turn(k, keyStart, sizes, keys, stride);
                if (needsScores)
                {
                    Turn(v, keyStart, sizes, values, stride);
                }

                for (int head = keyHead * sizes.Group; head < (keyHead + 1) * sizes.Group; head++)
                {
                    for (int row = 0; row < sizes.Queries; row += BlockRows)
                    {
                        int rows = Math.Min(BlockRows, sizes.Queries - row);
                        int visible = isCausal ? VisibleTo(row + rows - 1, sizes) : sizes.Keys;
                        int queryStart = (((batch * sizes.Queries) + row) * sizes.QueryWidth) + (head * sizes.HeadDim);
                        Scores(q[queryStart..], keys, stride, sizes, rows, visible, probabilities);
                        if (needsScores)
                        {
                            Scores(gradResult[queryStart..], values, stride, sizes, rows, visible, slopes);
                        }

                        for (int i = 0; i < rows; i++)
                        {
                            int seen = isCausal ? VisibleTo(row + i, sizes) : sizes.Keys;
                            Span<float> p = probabilities.Slice(i * stride, visible);
                            float logOfSum = logOfSums[(((batch * sizes.Heads) + head) * sizes.Queries) + row + i];
                            Exponentials.Replace(p[..seen], sizes.Scale, mask.Row(batch, head, row + i), logOfSum);
                            p[seen..].Clear();
                            if (needsScores)
                            {
                                SlopesOfScores(p, slopes.Slice(i * stride, visible), seen, sizes.Scale);
                            }
                        }

                        if (gradQ is not null)
                        {
                            StridedProduct.Multiply(
                                slopes, stride, 1, k[keyStart..], sizes.KeyWidth, gradientOfQ[queryStart..], sizes.QueryWidth, rows, sizes.HeadDim, visible, add: true);
                        }

                        if (gradK is not null)
                        {
                            StridedProduct.Multiply(
                                slopes, 1, stride, q[queryStart..], sizes.QueryWidth, gradientOfK[keyStart..], sizes.KeyWidth, visible, sizes.HeadDim, rows, add: true);
                        }

                        if (gradV is not null)
                        {
                            StridedProduct.Multiply(
                                probabilities, 1, stride, gradResult[queryStart..], sizes.QueryWidth, gradientOfV[keyStart..], sizes.KeyWidth, visible, sizes.HeadDim, rows, add: true);
                        }
                    }
                }
            }
        }
    }

    // A multiple of the widest tile, so that products over the keys have no rest.
    private static int RoundUp(int keys) => (keys + (2 * Vector<float>.Count) - 1) / (2 * Vector<float>.Count) * (2 * Vector<float>.Count);

    // The last query sees every key: with more keys than queries, the first ones are those of earlier calls.
    private static int VisibleTo(int query, in AttentionSizes sizes) => query + 1 + sizes.Keys - sizes.Queries;

    // [keys, width] of one head to [width, stride]; the columns beyond the keys are zero.
    private static void Turn(ReadOnlySpan<float> rows, int start, in AttentionSizes sizes, Span<float> columns, int stride)
    {
        for (int i = 0; i < sizes.HeadDim; i++)
        {
            Span<float> line = columns.Slice(i * stride, stride);
            int from = start + i;
            for (int key = 0; key < sizes.Keys; key++)
            {
                line[key] = rows[from];
                from += sizes.KeyWidth;
            }

            line[sizes.Keys..].Clear();
        }
    }

    private static void Scores(
        ReadOnlySpan<float> rows, ReadOnlySpan<float> columns, int stride, in AttentionSizes sizes, int count, int visible, Span<float> scores) =>
        StridedProduct.Multiply(rows, sizes.QueryWidth, 1, columns, stride, scores, stride, count, RoundUp(visible), sizes.HeadDim, add: false);

    private static void DotScores(
        ReadOnlySpan<float> queries, ReadOnlySpan<float> keys, in AttentionSizes sizes, int count, int visible, Span<float> scores, int stride)
    {
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<float> query = queries.Slice(i * sizes.QueryWidth, sizes.HeadDim);
            for (int key = 0; key < visible; key++)
            {
                scores[(i * stride) + key] = TensorPrimitives.Dot(query, keys.Slice(key * sizes.KeyWidth, sizes.HeadDim));
            }
        }
    }

    // Scores to probabilities; returns log Σ exp. A row of which everything is masked gives zeros, and +∞, which gives them again.
    private static float Normalize(Span<float> row, float scale, ReadOnlySpan<float> mask)
    {
        if (row.IsEmpty)
        {
            return float.PositiveInfinity;
        }

        TensorPrimitives.Multiply(row, scale, row);
        if (!mask.IsEmpty)
        {
            TensorPrimitives.Add(row, mask[..row.Length], row);
        }

        float largest = TensorPrimitives.Max(row);
        if (float.IsNegativeInfinity(largest))
        {
            row.Clear();
            return float.PositiveInfinity;
        }

        float sum = Exponentials.Replace(row, 1, default, largest);
        TensorPrimitives.Multiply(row, 1 / sum, row);
        return largest + MathF.Log(sum);
    }

    // ∂L/∂score = p · (∂L/∂p − Σ p·∂L/∂p) · scale, in place of ∂L/∂p.
    private static void SlopesOfScores(ReadOnlySpan<float> p, Span<float> slopes, int seen, float scale)
    {
        float mean = TensorPrimitives.Dot(p[..seen], slopes[..seen]);
        Span<float> line = slopes[..seen];
        TensorPrimitives.Subtract(line, mean, line);
        TensorPrimitives.Multiply(line, p[..seen], line);
        TensorPrimitives.Multiply(line, scale, line);
        slopes[seen..].Clear();
    }
}
