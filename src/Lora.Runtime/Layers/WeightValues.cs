namespace Lora;

/// <summary>The values of a <see cref="LayerWeight"/>: packed where a matrix is frozen, dense else.</summary>
/// <param name="Shape">The weight's shape.</param>
/// <param name="Packed">The packed matrix, or null.</param>
/// <param name="Dense">The dense values, or the shape alone where there are none; null for a packed matrix.</param>
/// <param name="IsFrozen">Whether they stay as they are.</param>
/// <param name="Format">How they lie in memory when they are packed.</param>
/// <param name="Rounding">The squares of what rounding to the format has taken, and of the values, each summed.</param>
internal sealed record WeightValues(TensorShape Shape, PackedMatrix? Packed, Parameter? Dense, bool IsFrozen, WeightFormat Format, (double Error, double Norm) Rounding)
{
    /// <summary>What the values take, or would take if they were there.</summary>
    public long Bytes => Shape.Rank == 2 && IsFrozen
        ? (long)PackedPanels.LengthFor(Shape[0], Shape[1], Packed?.Format ?? Format) * sizeof(float)
        : (long)Shape.Length * sizeof(float);

    public Tensor ToTensor()
    {
        Tensor tensor = Tensor.Uninitialized(Shape);
        if (Packed is { } packed)
        {
            packed.CopyTo(tensor.Span);
        }
        else
        {
            Dense!.Span.CopyTo(tensor.Span);
        }

        return tensor;
    }
}
