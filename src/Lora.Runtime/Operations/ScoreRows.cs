namespace Lora;

/// <summary>
/// The softmax of the rows of a <see cref="ScoreBlock"/>, and its derivative: one step for all rows before the next, as rows are short, and the steps of
/// one row wait for each other.
/// </summary>
/// <remarks>
/// <code>
///   keys that the query sees │ as −∞, to a  │ 0, up to what any query of
///   ──────────────────────── │ whole vector │ the block sees
/// </code>
/// </remarks>
internal static unsafe class ScoreRows<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : struct
{
    /// <summary>
    /// Turns scores into probabilities, in place. A row of which everything is masked gives zeros, and +∞ as its log Σ exp, which gives them again.
    /// </summary>
    /// <param name="block">The scores before their scale.</param>
    /// <param name="logOfSums">Takes log Σ exp of each row; or null.</param>
    public static void Normalize(in ScoreBlock block, float* logOfSums)
    {
        float* largest = stackalloc float[ScoreBlock.MostRows];
        float* sums = stackalloc float[ScoreBlock.MostRows];
        for (int row = 0; row < block.Rows; row++)
        {
            Pad(block, block.Scores, row, float.NegativeInfinity);
            largest[row] = Largest(block, row);
        }

        for (int row = 0; row < block.Rows; row++)
        {
            sums[row] = Exponentials(block, row, float.IsNegativeInfinity(largest[row]) ? 0 : largest[row]);
        }

        for (int row = 0; row < block.Rows; row++)
        {
            Multiply(block, row, sums[row] == 0 ? 0 : 1 / sums[row]);
        }

        for (int row = 0; row < block.Rows && logOfSums != null; row++)
        {
            logOfSums[row] = sums[row] == 0 ? float.PositiveInfinity : largest[row] + MathF.Log(sums[row]);
        }
    }

    /// <summary>
    /// Turns scores into the probabilities whose log Σ exp <see cref="Normalize"/> gave, in place; and ∂L/∂p into
    /// ∂L/∂score = p · (∂L/∂p − Σ p·∂L/∂p) · scale.
    /// </summary>
    /// <param name="block">The scores before their scale.</param>
    /// <param name="logOfSums">log Σ exp of each row.</param>
    /// <param name="slopes">∂L/∂p, laid out as the scores; or null.</param>
    public static void Slopes(in ScoreBlock block, float* logOfSums, float* slopes)
    {
        for (int row = 0; row < block.Rows; row++)
        {
            Pad(block, block.Scores, row, float.NegativeInfinity);
            Exponentials(block, row, logOfSums[row]);
        }

        if (slopes == null)
        {
            return;
        }

        float* means = stackalloc float[ScoreBlock.MostRows];
        for (int row = 0; row < block.Rows; row++)
        {
            Pad(block, slopes, row, 0);
            means[row] = Dot(block, row, slopes);
        }

        for (int row = 0; row < block.Rows; row++)
        {
            Slope(block, row, slopes, means[row]);
        }
    }

    private static float Largest(in ScoreBlock block, int row)
    {
        TVector scales = TLanes.Broadcast(block.RemainingScale);
        TVector maxima = TLanes.Broadcast(float.NegativeInfinity);
        float* scores = block.Scores + (row * block.Stride);
        float* end = scores + End(block, row);
        for (; scores < end; scores += TLanes.Count)
        {
            maxima = TLanes.Max(maxima, TLanes.Multiply(TLanes.Load(scores), scales));
        }

        return TLanes.Largest(maxima);
    }

    // scores = exp(scale·scores − shift); returns the sum. The product is rounded as the largest was, so that nothing is above it.
    private static float Exponentials(in ScoreBlock block, int row, float shift)
    {
        TVector scales = TLanes.Broadcast(block.RemainingScale);
        TVector shifts = TLanes.Broadcast(shift);
        TVector sums = default;
        float* scores = block.Scores + (row * block.Stride);
        float* end = scores + End(block, row);
        for (; scores < end; scores += TLanes.Count)
        {
            TVector exponential = Functions.Exp<TLanes, TVector>(TLanes.Subtract(TLanes.Multiply(TLanes.Load(scores), scales), shifts));
            TLanes.Store(scores, exponential);
            sums = TLanes.Add(sums, exponential);
        }

        return TLanes.Sum(sums);
    }

    private static void Multiply(in ScoreBlock block, int row, float factor)
    {
        TVector factors = TLanes.Broadcast(factor);
        float* scores = block.Scores + (row * block.Stride);
        float* end = scores + End(block, row);
        for (; scores < end; scores += TLanes.Count)
        {
            TLanes.Store(scores, TLanes.Multiply(TLanes.Load(scores), factors));
        }
    }

    private static float Dot(in ScoreBlock block, int row, float* slopes)
    {
        TVector sums = default;
        float* p = block.Scores + (row * block.Stride);
        float* end = p + End(block, row);
        for (slopes += row * block.Stride; p < end; p += TLanes.Count, slopes += TLanes.Count)
        {
            sums = TLanes.MultiplyAdd(TLanes.Load(p), TLanes.Load(slopes), sums);
        }

        return TLanes.Sum(sums);
    }

    private static void Slope(in ScoreBlock block, int row, float* slopes, float mean)
    {
        TVector means = TLanes.Broadcast(mean);
        TVector scales = TLanes.Broadcast(block.Scale);
        float* p = block.Scores + (row * block.Stride);
        float* end = p + End(block, row);
        for (slopes += row * block.Stride; p < end; p += TLanes.Count, slopes += TLanes.Count)
        {
            TVector slope = TLanes.Subtract(TLanes.Load(slopes), means);
            TLanes.Store(slopes, TLanes.Multiply(slope, TLanes.Multiply(TLanes.Load(p), scales)));
        }
    }

    // The whole vectors that hold what a query sees.
    private static int End(in ScoreBlock block, int row) => (block.SeenBy(row) + TLanes.Count - 1) & -TLanes.Count;

    private static void Pad(in ScoreBlock block, float* values, int row, float unseen)
    {
        int seen = block.SeenBy(row);
        int end = End(block, row);
        values += row * block.Stride;
        if (seen < end)
        {
            float* last = values + end - TLanes.Count;
            TLanes.Store(last, TLanes.KeepFirst(TLanes.Load(last), seen - (end - TLanes.Count), TLanes.Broadcast(unseen)));
        }

        for (int i = end; i < ScoreBlock.Padded(block.Visible); i += TLanes.Count)
        {
            TLanes.Store(values + i, default);
        }
    }
}
