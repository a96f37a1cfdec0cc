namespace Lora;

public static partial class Nn
{
    /// <summary>Scaled dot-product attention in which position t of the queries sees the keys up to its own.</summary>
    /// <param name="q">[.., t, heads · d].</param>
    /// <param name="k">[.., s, kv · d]; each key head serves heads / kv query heads in a row.</param>
    /// <param name="v">[.., s, kv · d].</param>
    /// <param name="heads">The number of query heads.</param>
    public static Tensor CausalAttention(Tensor q, Tensor k, Tensor v, int heads)
    {
        int past = k.Shape[^2] - q.Shape[^2];
        return Attend(q, k, v, heads, (_, _, t, s) => s <= t + past ? 0 : double.NegativeInfinity);
    }

    /// <summary>Scaled dot-product attention of every position to every position.</summary>
    /// <param name="q">[.., t, heads · d].</param>
    /// <param name="k">[.., s, kv · d].</param>
    /// <param name="v">[.., s, kv · d].</param>
    /// <param name="heads">The number of query heads.</param>
    /// <param name="mask">Added to the scores: broadcast to [.., t, s], or to [.., heads, t, s] where it has one dimension more than q.</param>
    public static Tensor Attention(Tensor q, Tensor k, Tensor v, int heads, Tensor? mask = null)
    {
        if (mask is null)
        {
            return Attend(q, k, v, heads, (_, _, _, _) => 0);
        }

        int[][] batches = [.. Indices(q.Shape[..^2].ToArray())];
        bool hasHeads = mask.Rank == q.Rank + 1;
        return Attend(q, k, v, heads, (batch, head, t, s) =>
            mask[Aligned(hasHeads ? [.. batches[batch], head, t, s] : [.. batches[batch], t, s], mask.Shape)]);
    }

    private static Tensor Attend(Tensor q, Tensor k, Tensor v, int heads, Func<int, int, int, int, double> mask)
    {
        int queries = q.Shape[^2];
        int keys = k.Shape[^2];
        int width = q.Shape[^1] / heads;
        int keyHeads = k.Shape[^1] / width;
        int group = heads / keyHeads;
        int batches = q.Length / (queries * heads * width);
        if (width * heads != q.Shape[^1] || keyHeads * width != k.Shape[^1] || group * keyHeads != heads || !k.Shape.SequenceEqual(v.Shape)
            || k.Length != batches * keys * keyHeads * width)
        {
            throw new ArgumentException($"Shapes {q.FullShape}, {k.FullShape}, {v.FullShape} do not fit {heads} heads.");
        }

        Tensor result = Tensor.Zeros(q.Shape);
        for (int batch = 0; batch < batches; batch++)
        {
            for (int head = 0; head < heads; head++)
            {
                for (int t = 0; t < queries; t++)
                {
                    int query = (((batch * queries) + t) * heads * width) + (head * width);
                    double[] scores = new double[keys];
                    for (int s = 0; s < keys; s++)
                    {
                        int key = (((batch * keys) + s) * keyHeads * width) + (head / group * width);
                        for (int i = 0; i < width; i++)
                        {
                            scores[s] += q.Span[query + i] * k.Span[key + i] / Math.Sqrt(width);
                        }

                        scores[s] += mask(batch, head, t, s);
                    }

                    if (double.IsNegativeInfinity(scores.Max()))
                    {
                        // A query that sees no key gives zeros.
                        continue;
                    }

                    double[] weights = SoftmaxOf(scores);
                    for (int s = 0; s < keys; s++)
                    {
                        int value = (((batch * keys) + s) * keyHeads * width) + (head / group * width);
                        for (int i = 0; i < width; i++)
                        {
                            result.Span[query + i] += weights[s] * v.Span[value + i];
                        }
                    }
                }
            }
        }

        return result;
    }
}
