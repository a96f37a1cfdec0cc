using System.Numerics.Tensors;
using System.Runtime.Intrinsics;

namespace Lora;

/// <summary>Single rows of an attention's scores, in the vectors of this machine: <see cref="ScoreRows{TLanes, TVector}"/>.</summary>
internal static unsafe class ScoreRows
{
    private const int Multiple = 16;

    /// <summary>The room of a row.</summary>
    public static int Padded(int length) => (length + Multiple - 1) / Multiple * Multiple;

    /// <inheritdoc cref="ScoreRows{TLanes, TVector}.Normalize"/>
    public static float Normalize(float* row, int seen, int visible, float scale, ReadOnlySpan<float> mask) =>
        VectorWidth.Has512 ? ScoreRows<Lanes512, Vector512<float>>.Normalize(row, seen, visible, scale, mask)
        : VectorWidth.Has256 ? ScoreRows<Lanes256, Vector256<float>>.Normalize(row, seen, visible, scale, mask)
        : ScoreRows<Lanes128, Vector128<float>>.Normalize(row, seen, visible, scale, mask);

    /// <inheritdoc cref="ScoreRows{TLanes, TVector}.Probabilities"/>
    public static void Probabilities(float* row, int seen, int visible, float scale, ReadOnlySpan<float> mask, float logOfSum)
    {
        if (VectorWidth.Has512)
        {
            ScoreRows<Lanes512, Vector512<float>>.Probabilities(row, seen, visible, scale, mask, logOfSum);
        }
        else if (VectorWidth.Has256)
        {
            ScoreRows<Lanes256, Vector256<float>>.Probabilities(row, seen, visible, scale, mask, logOfSum);
        }
        else
        {
            ScoreRows<Lanes128, Vector128<float>>.Probabilities(row, seen, visible, scale, mask, logOfSum);
        }
    }

    /// <inheritdoc cref="ScoreRows{TLanes, TVector}.Slopes"/>
    public static void Slopes(float* p, float* slopes, int seen, int visible, float scale)
    {
        if (VectorWidth.Has512)
        {
            ScoreRows<Lanes512, Vector512<float>>.Slopes(p, slopes, seen, visible, scale);
        }
        else if (VectorWidth.Has256)
        {
            ScoreRows<Lanes256, Vector256<float>>.Slopes(p, slopes, seen, visible, scale);
        }
        else
        {
            ScoreRows<Lanes128, Vector128<float>>.Slopes(p, slopes, seen, visible, scale);
        }
    }
}

/// <summary>
/// Single rows of an attention's scores. Each has room up to a multiple of every vector, so that no row has a rest: what a query does not see is made −∞
/// up to there, or 0.
/// </summary>
internal static unsafe class ScoreRows<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : struct
{
    /// <summary>
    /// Turns scores into probabilities, in place, and returns log Σ exp. A row of which everything is masked gives zeros, and +∞, which gives them again.
    /// </summary>
    /// <param name="row">The scores before their scale.</param>
    /// <param name="seen">How many keys the query sees.</param>
    /// <param name="visible">The keys that are visible to any query of the block: up to there the row is written.</param>
    /// <param name="scale">What scores are multiplied by.</param>
    /// <param name="mask">What is added to them, or empty.</param>
    public static float Normalize(float* row, int seen, int visible, float scale, ReadOnlySpan<float> mask)
    {
        int end = Prepare(row, seen, visible, ref scale, mask);
        TVector scales = TLanes.Broadcast(scale);
        TVector maxima = TLanes.Broadcast(float.NegativeInfinity);
        for (int i = 0; i < end; i += TLanes.Count)
        {
            maxima = TLanes.Max(maxima, TLanes.Multiply(TLanes.Load(row + i), scales));
        }

        float largest = TLanes.Largest(maxima);
        if (float.IsNegativeInfinity(largest) && float.IsNegativeInfinity(TensorPrimitives.Max(new ReadOnlySpan<float>(row, end))))
        {
            // Not a number among them would have been passed over.
            new Span<float>(row, end).Clear();
            return float.PositiveInfinity;
        }

        float sum = Exponentials(row, end, scale, largest);
        TVector inverse = TLanes.Broadcast(1 / sum);
        for (int i = 0; i < end; i += TLanes.Count)
        {
            TLanes.Store(row + i, TLanes.Multiply(TLanes.Load(row + i), inverse));
        }

        return largest + MathF.Log(sum);
    }

    /// <summary>Turns scores into the probabilities whose log Σ exp <see cref="Normalize"/> returned, in place.</summary>
    public static void Probabilities(float* row, int seen, int visible, float scale, ReadOnlySpan<float> mask, float logOfSum)
    {
        int end = Prepare(row, seen, visible, ref scale, mask);
        Exponentials(row, end, scale, logOfSum);
    }

    /// <summary>∂L/∂score = p · (∂L/∂p − Σ p·∂L/∂p) · scale, in place of ∂L/∂p.</summary>
    /// <param name="p">The probabilities.</param>
    /// <param name="slopes">∂L/∂p.</param>
    /// <param name="seen">How many keys the query sees.</param>
    /// <param name="visible">The keys that are visible to any query of the block: up to there the row is written.</param>
    /// <param name="scale">What scores are multiplied by.</param>
    public static void Slopes(float* p, float* slopes, int seen, int visible, float scale)
    {
        int end = ScoreRows.Padded(seen);
        new Span<float>(slopes + seen, ScoreRows.Padded(visible) - seen).Clear();
        TVector sums = default;
        for (int i = 0; i < end; i += TLanes.Count)
        {
            sums = TLanes.MultiplyAdd(TLanes.Load(p + i), TLanes.Load(slopes + i), sums);
        }

        TVector mean = TLanes.Broadcast(TLanes.Sum(sums));
        TVector scales = TLanes.Broadcast(scale);
        for (int i = 0; i < end; i += TLanes.Count)
        {
            TVector slope = TLanes.Subtract(TLanes.Load(slopes + i), mean);
            TLanes.Store(slopes + i, TLanes.Multiply(slope, TLanes.Multiply(TLanes.Load(p + i), scales)));
        }
    }

    // Returns where the whole vectors of what is seen end.
    private static int Prepare(float* row, int seen, int visible, ref float scale, ReadOnlySpan<float> mask)
    {
        int end = ScoreRows.Padded(seen);
        if (!mask.IsEmpty)
        {
            var scores = new Span<float>(row, seen);
            TensorPrimitives.MultiplyAdd(scores, scale, mask[..seen], scores);
            scale = 1;
        }

        new Span<float>(row + seen, end - seen).Fill(float.NegativeInfinity);
        new Span<float>(row + end, ScoreRows.Padded(visible) - end).Clear();
        return end;
    }

    // row = exp(scale·row − shift); returns the sum. The product is rounded as the largest was, so that nothing is above it.
    private static float Exponentials(float* row, int end, float scale, float shift)
    {
        TVector scales = TLanes.Broadcast(scale);
        TVector shifts = TLanes.Broadcast(shift);
        TVector sums = default;
        for (int i = 0; i < end; i += TLanes.Count)
        {
            TVector exponential = Functions.Exp<TLanes, TVector>(TLanes.Subtract(TLanes.Multiply(TLanes.Load(row + i), scales), shifts));
            TLanes.Store(row + i, exponential);
            sums = TLanes.Add(sums, exponential);
        }

        return TLanes.Sum(sums);
    }
}
