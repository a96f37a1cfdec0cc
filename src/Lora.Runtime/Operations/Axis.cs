namespace Lora;

/// <summary>A tensor as three dimensions: those before an axis, the axis, and those after it.</summary>
internal readonly record struct Axis(int Position, int Outer, int Size, int Inner)
{
    /// <summary>The view of a shape along an axis, which is counted from the end where it is negative.</summary>
    public static Axis Of(Tensor x, int axis, string operation)
    {
        ArgumentNullException.ThrowIfNull(x);
        return Of(x.Shape, PositionOf(x, axis, operation));
    }

    public static Axis Of(ReadOnlySpan<int> shape, int position)
    {
        int outer = 1;
        for (int i = 0; i < position; i++)
        {
            outer *= shape[i];
        }

        int inner = 1;
        for (int i = position + 1; i < shape.Length; i++)
        {
            inner *= shape[i];
        }

        return new Axis(position, outer, shape[position], inner);
    }

    public static int PositionOf(Tensor x, int axis, string operation)
    {
        ArgumentNullException.ThrowIfNull(x);
        int position = axis < 0 ? axis + x.Rank : axis;
        if ((uint)position >= (uint)x.Rank)
        {
            throw new ArgumentOutOfRangeException(
                nameof(axis), axis, $"{operation} was given axis {axis} of a tensor of shape {x.FullShape}; the axes are {-x.Rank} to {x.Rank - 1}.");
        }

        return position;
    }
}
