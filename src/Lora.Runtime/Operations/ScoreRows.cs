using System.Numerics;
using System.Numerics.Tensors;

namespace Lora;

/// <summary>
/// Single rows of an attention's scores. Each has room up to a multiple of every vector, so that no row has a rest: what a query does not see is made −∞
/// up to there, or 0.
/// </summary>
internal static unsafe class ScoreRows
{
    private const int Multiple = 16;

    /// <summary>The room of a row.</summary>
    public static int Padded(int length) => (length + Multiple - 1) / Multiple * Multiple;

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
        var scales = new Vector<float>(scale);
        var maxima = new Vector<float>(float.NegativeInfinity);
        for (int i = 0; i < end; i += Vector<float>.Count)
        {
            maxima = Vector.Max(maxima, Vector.Load(row + i) * scales);
        }

        float largest = TensorPrimitives.Max(Lanes(maxima));
        if (float.IsNegativeInfinity(largest))
        {
            new Span<float>(row, end).Clear();
            return float.PositiveInfinity;
        }

        float sum = Exponentials(row, end, scale, largest);
        var inverse = new Vector<float>(1 / sum);
        for (int i = 0; i < end; i += Vector<float>.Count)
        {
            (Vector.Load(row + i) * inverse).Store(row + i);
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
        int end = Padded(seen);
        new Span<float>(slopes + seen, Padded(visible) - seen).Clear();
        Vector<float> sums = Vector<float>.Zero;
        for (int i = 0; i < end; i += Vector<float>.Count)
        {
            sums = Vector.FusedMultiplyAdd(Vector.Load(p + i), Vector.Load(slopes + i), sums);
        }

        var mean = new Vector<float>(Vector.Sum(sums));
        var scales = new Vector<float>(scale);
        for (int i = 0; i < end; i += Vector<float>.Count)
        {
            ((Vector.Load(slopes + i) - mean) * (Vector.Load(p + i) * scales)).Store(slopes + i);
        }
    }

    // Returns where the whole vectors of what is seen end.
    private static int Prepare(float* row, int seen, int visible, ref float scale, ReadOnlySpan<float> mask)
    {
        int end = Padded(seen);
        if (!mask.IsEmpty)
        {
            var scores = new Span<float>(row, seen);
            TensorPrimitives.MultiplyAdd(scores, scale, mask[..seen], scores);
            scale = 1;
        }

        new Span<float>(row + seen, end - seen).Fill(float.NegativeInfinity);
        new Span<float>(row + end, Padded(visible) - end).Clear();
        return end;
    }

    // row = exp(scale·row − shift); returns the sum. The product is rounded as the largest was, so that nothing is above it.
    private static float Exponentials(float* row, int end, float scale, float shift)
    {
        var scales = new Vector<float>(scale);
        var shifts = new Vector<float>(shift);
        Vector<float> sums = Vector<float>.Zero;
        for (int i = 0; i < end; i += Vector<float>.Count)
        {
            Vector<float> exponential = Functions.Exp((Vector.Load(row + i) * scales) - shifts);
            exponential.Store(row + i);
            sums += exponential;
        }

        return Vector.Sum(sums);
    }

    private static ReadOnlySpan<float> Lanes(in Vector<float> vector) =>
        System.Runtime.InteropServices.MemoryMarshal.Cast<Vector<float>, float>(new ReadOnlySpan<Vector<float>>(in vector));
}
