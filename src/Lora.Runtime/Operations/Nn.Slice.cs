using System.ComponentModel;

namespace Lora;

public static partial class Nn
{
    /// <summary>A part of a tensor along one axis.</summary>
    /// <param name="x">A tensor.</param>
    /// <param name="axis">The axis; counted from the end where it is negative.</param>
    /// <param name="start">The first index.</param>
    /// <param name="length">The number of indices.</param>
    /// <exception cref="ArgumentOutOfRangeException">The tensor has no such axis, or the part lies outside it.</exception>
    [Derivative(nameof(SliceBackward), Into = nameof(SliceInto), Shape = nameof(SliceShape), Dimensions = "x [..] -> [..] with axis = length")]
    public static Tensor Slice(Tensor x, int axis, int start, int length)
    {
        Tensor result = Operation.Result(SliceShape(x, axis, start, length));
        SliceInto(x, axis, start, length, result);
        return result;
    }

    /// <summary>The shape of the result of <see cref="Slice"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static TensorShape SliceShape(Tensor x, int axis, int start, int length)
    {
        int position = Axis.PositionOf(x, axis, nameof(Slice));
        if (start < 0 || length < 0 || start > x.Shape[position] - length)
        {
            throw new ArgumentOutOfRangeException(
                nameof(start), start, $"Slice was asked for {length} indices from {start} on along axis {axis} of a tensor of shape {x.FullShape}, which has {x.Shape[position]}.");
        }

        return Resized(x.Shape, position, length);
    }

    /// <summary>Writes the result of <see cref="Slice"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void SliceInto(Tensor x, int axis, int start, int length, Tensor result)
    {
        Checks.Result(result, SliceShape(x, axis, start, length), nameof(Slice));
        var view = Axis.Of(x, axis, nameof(Slice));
        ReadOnlySpan<float> source = x.Span;
        Span<float> target = result.Span;
        int run = length * view.Inner;
        for (int outer = 0; outer < view.Outer; outer++)
        {
            source.Slice(((outer * view.Size) + start) * view.Inner, run).CopyTo(target.Slice(outer * run, run));
        }
    }

    /// <summary>Adds the gradient of <see cref="Slice"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void SliceBackward(int axis, int start, int length, Tensor gradResult, Tensor gradX)
    {
        var view = Axis.Of(gradX, axis, nameof(Slice));
        ReadOnlySpan<float> g = gradResult.Span;
        Span<float> target = gradX.Span;
        int run = length * view.Inner;
        for (int outer = 0; outer < view.Outer; outer++)
        {
            Elementwise.AccumulateRun(
                g.Slice(outer * run, run), target.Slice(((outer * view.Size) + start) * view.Inner, run), overwrite: false);
        }
    }

    private static TensorShape Resized(ReadOnlySpan<int> shape, int position, int size)
    {
        Span<int> dimensions = stackalloc int[TensorShape.MaxRank];
        shape.CopyTo(dimensions);
        dimensions[position] = size;
        return new TensorShape(dimensions[..shape.Length]);
    }
}
