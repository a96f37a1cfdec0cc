namespace Lora;

/// <summary>
/// Attention one head and one block of query rows at a time, so that the scores of a few rows alone are ever in memory (the memory rule of
/// Dao et al. 2022, "FlashAttention"). The forward keeps the logarithm of the sum of each row's exponentials; the backward makes the probabilities anew from it.
/// A part is one key head of one sequence, with the query heads that share it.
/// </summary>
internal static unsafe class AttentionKernel
{
    /// <summary>Writes the result [.., t, heads · d], and log Σ exp of each row's scores, [batch, heads, t], where it is asked for.</summary>
    public static void Forward(
        in AttentionSizes sizes, ReadOnlySpan<float> q, ReadOnlySpan<float> k, ReadOnlySpan<float> v, bool isCausal, AttentionMask mask,
        Span<float> result, Span<float> logOfSums)
    {
        fixed (float* queries = q, keys = k, values = v, to = result, logs = logOfSums)
        {
            var job = new AttentionForward
            {
                Sizes = sizes,
                IsCausal = isCausal,
                Mask = mask,
                Q = queries,
                K = keys,
                V = values,
                Result = to,
                LogOfSums = logs,
            };
            Workers.Run(ref job, sizes.Batches * sizes.KeyHeads, Work(sizes, products: 2, isCausal));
        }
    }

    /// <summary>Adds the gradients; a null one is not wanted. Two of them may be one tensor: everything is added.</summary>
    public static void Backward(
        in AttentionSizes sizes, ReadOnlySpan<float> q, ReadOnlySpan<float> k, ReadOnlySpan<float> v, bool isCausal, AttentionMask mask,
        ReadOnlySpan<float> logOfSums, ReadOnlySpan<float> gradResult, Tensor? gradQ, Tensor? gradK, Tensor? gradV)
    {
        fixed (float* queries = q, keys = k, values = v, logs = logOfSums, g = gradResult)
        fixed (float* toQ = Begin(gradQ, out bool overwriteQ), toK = Begin(gradK, out bool overwriteK), toV = Begin(gradV, out bool overwriteV))
        {
            var job = new AttentionBackward
            {
                Sizes = sizes,
                IsCausal = isCausal,
                Mask = mask,
                Q = queries,
                K = keys,
                V = values,
                LogOfSums = logs,
                GradResult = g,
                GradQ = toQ,
                GradK = toK,
                GradV = toV,
                ClearQ = overwriteQ,
                ClearK = overwriteK,
                ClearV = overwriteV,
            };
            Workers.Run(ref job, sizes.Batches * sizes.KeyHeads, Work(sizes, products: 5, isCausal));
        }
    }

    /// <summary>The scores of some queries, from one on.</summary>
    public static ScoreBlock Block(in AttentionSizes sizes, bool isCausal, int query, int rows, float* scores, int stride) => new()
    {
        Scores = scores,
        Stride = stride,
        Rows = rows,
        SeenByFirst = isCausal ? VisibleTo(query, sizes) : sizes.Keys,
        SeenStep = isCausal ? 1 : 0,
        Scale = sizes.Scale,
    };

    /// <summary>The keys that a query sees: the last one sees all, so that with more keys than queries the first ones are those of earlier calls.</summary>
    public static int VisibleTo(int query, in AttentionSizes sizes) => query + 1 + sizes.Keys - sizes.Queries;

    /// <summary>[keys, width] of one head to [width, stride]; the columns beyond the keys are zero.</summary>
    public static void Turn(float* rows, in AttentionSizes sizes, float* columns, int stride)
    {
        Transposition.Run(rows, sizes.KeyWidth, sizes.Keys, sizes.HeadDim, columns, stride, add: false);
        for (int i = 0; i < sizes.HeadDim; i++)
        {
            new Span<float>(columns + (i * stride) + sizes.Keys, stride - sizes.Keys).Clear();
        }
    }

    /// <summary>The products of some query rows with the keys, or of rows of a gradient with the values, turned beforehand.</summary>
    public static void Scores(float* rows, float* columns, int stride, in AttentionSizes sizes, int count, int visible, float* scores) =>
        StridedProduct.Multiply(rows, sizes.QueryWidth, 1, columns, stride, scores, stride, count, ScoreBlock.Padded(visible), sizes.HeadDim, add: false);

    private static Span<float> Begin(Tensor? gradient, out bool overwrite)
    {
        overwrite = false;
        return gradient is null ? default : gradient.BeginAccumulate(out overwrite);
    }

    private static double Work(in AttentionSizes sizes, int products, bool isCausal) =>
        2.0 * products * sizes.Batches * sizes.Heads * sizes.Queries * sizes.Keys * sizes.HeadDim / (isCausal ? 2 : 1);
}
