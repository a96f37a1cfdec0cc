using System.ComponentModel;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Lora;

public static partial class Nn
{
    /// <summary>Turns the pairs of elements of every head by angles that grow with the row's position (Su et al. 2021, "RoFormer").</summary>
    /// <param name="x">[.., t, heads · d], with d the rotary embedding's width of a head.</param>
    /// <param name="rotary">The angles.</param>
    /// <param name="position">The position of the first row: the number of rows before it where they were given in an earlier call.</param>
    /// <exception cref="ArgumentException">The last dimension is no multiple of d, or there is none for the positions.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A position is negative or at or above the rotary embedding's maximum.</exception>
    [Derivative(nameof(RotaryBackward), Into = nameof(RotaryInto), InPlace = true)]
    public static Tensor Rotary(Tensor x, RotaryEmbedding rotary, int position = 0)
    {
        ArgumentNullException.ThrowIfNull(x);
        Tensor result = Operation.Result(x.FullShape);
        RotaryInto(x, rotary, position, result);
        return result;
    }

    /// <summary>Writes the result of <see cref="Rotary"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void RotaryInto(Tensor x, RotaryEmbedding rotary, int position, Tensor result)
    {
        ArgumentNullException.ThrowIfNull(rotary);
        CheckRotary(x, rotary, position);
        Turn(x, rotary, position, 1, result.Span, overwrite: true);
    }

    /// <summary>Adds the gradient of <see cref="Rotary"/>: that of the result, turned back.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void RotaryBackward(RotaryEmbedding rotary, int position, Tensor gradResult, Tensor gradX)
    {
        Span<float> target = gradX.BeginAccumulate(out bool overwrite);
        Turn(gradResult, rotary, position, -1, target, overwrite);
    }

    private static void CheckRotary(Tensor x, RotaryEmbedding rotary, int position)
    {
        if (x.Rank < 2 || x.Shape[^1] % rotary.HeadDim != 0)
        {
            throw new ArgumentException(
                $"Rotary takes a tensor of shape [.., t, heads · {rotary.HeadDim}] for a rotary embedding of heads of width {rotary.HeadDim}; it was given {x.FullShape}.",
                nameof(x));
        }

        if (position < 0 || position > rotary.MaxPositions - x.Shape[^2])
        {
            throw new ArgumentOutOfRangeException(
                nameof(position), position,
                $"Rotary was given {x.Shape[^2]} rows from position {position} on; the rotary embedding has positions 0 to {rotary.MaxPositions - 1}. Make it for more positions.");
        }
    }

    private static void Turn(Tensor x, RotaryEmbedding rotary, int position, float direction, Span<float> target, bool overwrite)
    {
        int rowsInSequence = x.Shape[^2];
        int width = x.Shape[^1];
        int d = rotary.HeadDim;
        ReadOnlySpan<float> xs = x.Span;
        int row = 0;
        for (int start = 0; start < xs.Length; start += width)
        {
            ReadOnlySpan<float> cosines = rotary.CosinesAt(position + row);
            ReadOnlySpan<float> sines = rotary.SinesAt(position + row);
            for (int head = start; head < start + width; head += d)
            {
                if (rotary.Layout == RotaryLayout.HalfSplit)
                {
                    TurnHalves(xs.Slice(head, d), cosines, sines, direction, target.Slice(head, d), overwrite);
                }
                else
                {
                    TurnPairs(xs.Slice(head, d), cosines, sines, direction, target.Slice(head, d), overwrite);
                }
            }

            row = row + 1 == rowsInSequence ? 0 : row + 1;
        }
    }

    private static void TurnHalves(
        ReadOnlySpan<float> x, ReadOnlySpan<float> cosines, ReadOnlySpan<float> sines, float direction, Span<float> target, bool overwrite)
    {
        int half = cosines.Length;
        ref float low = ref MemoryMarshal.GetReference(x);
        ref float lowTarget = ref MemoryMarshal.GetReference(target);
        int i = 0;
        for (; i <= half - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector<float> first = Vector.LoadUnsafe(ref low, (nuint)i);
            Vector<float> second = Vector.LoadUnsafe(ref low, (nuint)(half + i));
            Vector<float> cosine = Vector.LoadUnsafe(ref MemoryMarshal.GetReference(cosines), (nuint)i);
            Vector<float> sine = Vector.LoadUnsafe(ref MemoryMarshal.GetReference(sines), (nuint)i) * direction;
            Vector<float> turnedFirst = (first * cosine) - (second * sine);
            Vector<float> turnedSecond = (second * cosine) + (first * sine);
            if (!overwrite)
            {
                turnedFirst += Vector.LoadUnsafe(ref lowTarget, (nuint)i);
                turnedSecond += Vector.LoadUnsafe(ref lowTarget, (nuint)(half + i));
            }

            turnedFirst.StoreUnsafe(ref lowTarget, (nuint)i);
            turnedSecond.StoreUnsafe(ref lowTarget, (nuint)(half + i));
        }

        for (; i < half; i++)
        {
            TurnPair(x[i], x[half + i], cosines[i], sines[i] * direction, ref target[i], ref target[half + i], overwrite);
        }
    }

    private static void TurnPairs(
        ReadOnlySpan<float> x, ReadOnlySpan<float> cosines, ReadOnlySpan<float> sines, float direction, Span<float> target, bool overwrite)
    {
        for (int i = 0; i < cosines.Length; i++)
        {
            TurnPair(x[2 * i], x[(2 * i) + 1], cosines[i], sines[i] * direction, ref target[2 * i], ref target[(2 * i) + 1], overwrite);
        }
    }

    private static void TurnPair(float first, float second, float cosine, float sine, ref float firstTarget, ref float secondTarget, bool overwrite)
    {
        float turnedFirst = (first * cosine) - (second * sine);
        float turnedSecond = (second * cosine) + (first * sine);
        firstTarget = overwrite ? turnedFirst : firstTarget + turnedFirst;
        secondTarget = overwrite ? turnedSecond : secondTarget + turnedSecond;
    }
}
