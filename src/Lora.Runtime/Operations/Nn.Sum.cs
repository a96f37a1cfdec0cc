using System.ComponentModel;
using System.Numerics.Tensors;

namespace Lora;

public static partial class Nn
{
    /// <summary>The sum of all elements, added up in double precision.</summary>
    /// <param name="x">A tensor of any shape.</param>
    [Derivative(nameof(SumBackward))]
    public static float Sum(Tensor x)
    {
        ArgumentNullException.ThrowIfNull(x);
        return (float)SumOf(x.Span);
    }

    /// <summary>Adds the gradient of <see cref="Sum(Tensor)"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void SumBackward(float gradResult, Tensor gradX) => AddToAll(gradResult, gradX);

    /// <summary>The sums along one axis.</summary>
    /// <param name="x">A tensor.</param>
    /// <param name="axis">The axis; counted from the end where it is negative.</param>
    /// <param name="keepDims">Whether the axis stays, with size 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The tensor has no such axis.</exception>
    [Derivative(nameof(SumAxisBackward), Into = nameof(SumAxisInto), Shape = nameof(SumAxisShape))]
    public static Tensor Sum(Tensor x, int axis, bool keepDims = false)
    {
        Tensor result = Operation.Result(SumAxisShape(x, axis, keepDims));
        SumAxisInto(x, axis, keepDims, result);
        return result;
    }

    /// <summary>The shape of the result of <see cref="Sum(Tensor, int, bool)"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static TensorShape SumAxisShape(Tensor x, int axis, bool keepDims)
    {
        int position = Axis.PositionOf(x, axis, nameof(Sum));
        return keepDims ? Resized(x.Shape, position, 1) : Without(x.Shape, position);
    }

    /// <summary>Writes the result of <see cref="Sum(Tensor, int, bool)"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void SumAxisInto(Tensor x, int axis, bool keepDims, Tensor result)
    {
        Checks.Result(result, SumAxisShape(x, axis, keepDims), nameof(Sum));
        SumAxis(x, Axis.Of(x, axis, nameof(Sum)), result.Span);
    }

    /// <summary>Adds the gradient of <see cref="Sum(Tensor, int, bool)"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void SumAxisBackward(int axis, Tensor gradResult, Tensor gradX) =>
        RepeatAxis(gradResult, 1, Axis.Of(gradX, axis, nameof(Sum)), gradX);

    private static double SumOf(ReadOnlySpan<float> values)
    {
        double sum = 0;
        foreach (float value in values)
        {
            sum += value;
        }

        return sum;
    }

    private static TensorShape Without(ReadOnlySpan<int> shape, int position)
    {
        Span<int> dimensions = stackalloc int[TensorShape.MaxRank];
        shape[..position].CopyTo(dimensions);
        shape[(position + 1)..].CopyTo(dimensions[position..]);
        return new TensorShape(dimensions[..(shape.Length - 1)]);
    }

    private static void SumAxis(Tensor x, Axis view, Span<float> result)
    {
        ReadOnlySpan<float> source = x.Span;
        if (view.Inner == 1)
        {
            for (int outer = 0; outer < view.Outer; outer++)
            {
                result[outer] = TensorPrimitives.Sum(source.Slice(outer * view.Size, view.Size));
            }

            return;
        }

        result.Clear();
        for (int outer = 0; outer < view.Outer; outer++)
        {
            Span<float> target = result.Slice(outer * view.Inner, view.Inner);
            for (int i = 0; i < view.Size; i++)
            {
                TensorPrimitives.Add(target, source.Slice(((outer * view.Size) + i) * view.Inner, view.Inner), target);
            }
        }
    }

    private static void RepeatAxis(Tensor gradResult, float factor, Axis view, Tensor gradX)
    {
        ReadOnlySpan<float> g = gradResult.Span;
        Span<float> target = gradX.Span;
        for (int outer = 0; outer < view.Outer; outer++)
        {
            if (view.Inner == 1)
            {
                Span<float> row = target.Slice(outer * view.Size, view.Size);
                TensorPrimitives.Add(row, factor * g[outer], row);
                continue;
            }

            ReadOnlySpan<float> source = g.Slice(outer * view.Inner, view.Inner);
            for (int i = 0; i < view.Size; i++)
            {
                Span<float> row = target.Slice(((outer * view.Size) + i) * view.Inner, view.Inner);
                TensorPrimitives.MultiplyAdd(source, factor, row, row);
            }
        }
    }

    private static void AddToAll(float value, Tensor gradient)
    {
        Span<float> target = gradient.BeginAccumulate(out bool overwrite);
        if (overwrite)
        {
            target.Fill(value);
        }
        else
        {
            TensorPrimitives.Add(target, value, target);
        }
    }
}
