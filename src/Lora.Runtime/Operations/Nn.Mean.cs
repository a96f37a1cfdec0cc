using System.ComponentModel;
using System.Numerics.Tensors;

namespace Lora;

public static partial class Nn
{
    /// <summary>The mean of all elements, added up in double precision.</summary>
    /// <param name="x">A tensor of any shape with an element.</param>
    /// <exception cref="ArgumentException">The tensor has no element.</exception>
    [Derivative(nameof(MeanBackward))]
    public static float Mean(Tensor x)
    {
        ArgumentNullException.ThrowIfNull(x);
        Checks.NotEmpty(x, nameof(Mean));
        return (float)(SumOf(x.Span) / x.Length);
    }

    /// <summary>Adds the gradient of <see cref="Mean(Tensor)"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void MeanBackward(float gradResult, Tensor gradX) => AddToAll(gradResult / gradX.Length, gradX);

    /// <summary>The means along one axis.</summary>
    /// <param name="x">A tensor.</param>
    /// <param name="axis">The axis; counted from the end where it is negative.</param>
    /// <param name="keepDims">Whether the axis stays, with size 1.</param>
    /// <exception cref="ArgumentException">The axis has size 0.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The tensor has no such axis.</exception>
    [Derivative(nameof(MeanAxisBackward), Into = nameof(MeanAxisInto), Shape = nameof(MeanAxisShape))]
    public static Tensor Mean(Tensor x, int axis, bool keepDims = false)
    {
        Tensor result = Operation.Result(MeanAxisShape(x, axis, keepDims));
        MeanAxisInto(x, axis, keepDims, result);
        return result;
    }

    /// <summary>The shape of the result of <see cref="Mean(Tensor, int, bool)"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static TensorShape MeanAxisShape(Tensor x, int axis, bool keepDims)
    {
        int position = Axis.PositionOf(x, axis, nameof(Mean));
        if (x.Shape[position] == 0)
        {
            throw new ArgumentException($"Mean along axis {axis} of a tensor of shape {x.FullShape} would divide by 0.", nameof(x));
        }

        return keepDims ? Resized(x.Shape, position, 1) : Without(x.Shape, position);
    }

    /// <summary>Writes the result of <see cref="Mean(Tensor, int, bool)"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void MeanAxisInto(Tensor x, int axis, bool keepDims, Tensor result)
    {
        Checks.Result(result, MeanAxisShape(x, axis, keepDims), nameof(Mean));
        var view = Axis.Of(x, axis, nameof(Mean));
        SumAxis(x, view, result.Span);
        TensorPrimitives.Divide(result.Span, view.Size, result.Span);
    }

    /// <summary>Adds the gradient of <see cref="Mean(Tensor, int, bool)"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void MeanAxisBackward(int axis, Tensor gradResult, Tensor gradX)
    {
        var view = Axis.Of(gradX, axis, nameof(Mean));
        RepeatAxis(gradResult, 1f / view.Size, view, gradX);
    }
}
