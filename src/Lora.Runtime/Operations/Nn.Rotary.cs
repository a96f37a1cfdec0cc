using System.ComponentModel;

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
        RotaryRows.Turn(x, rotary, position, 1, result.Span, overwrite: true);
    }

    /// <summary>Adds the gradient of <see cref="Rotary"/>: that of the result, turned back.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void RotaryBackward(RotaryEmbedding rotary, int position, Tensor gradResult, Tensor gradX)
    {
        Span<float> target = gradX.BeginAccumulate(out bool overwrite);
        RotaryRows.Turn(gradResult, rotary, position, -1, target, overwrite);
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
}
