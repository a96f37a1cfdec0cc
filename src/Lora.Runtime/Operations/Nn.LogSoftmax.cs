using System.ComponentModel;
using System.Numerics.Tensors;

namespace Lora;

public static partial class Nn
{
    /// <summary>The logarithm of the softmax along the last axis, x − log Σ eˣ. A row of −∞ alone, or with +∞ or NaN in it, gives NaN.</summary>
    /// <param name="x">[.., n].</param>
    /// <exception cref="ArgumentException">The tensor has no dimension.</exception>
    [Derivative(nameof(LogSoftmaxBackward), Reads = Reads.Result, Into = nameof(LogSoftmaxInto), InPlace = true)]
    public static Tensor LogSoftmax(Tensor x)
    {
        ArgumentNullException.ThrowIfNull(x);
        Tensor result = Operation.Result(x.FullShape);
        LogSoftmaxInto(x, result);
        return result;
    }

    /// <summary>Writes the result of <see cref="LogSoftmax"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void LogSoftmaxInto(Tensor x, Tensor result)
    {
        int width = Checks.RowWidth(x, nameof(LogSoftmax));
        ReadOnlySpan<float> xs = x.Span;
        Span<float> ys = result.Span;
        for (int start = 0; start < xs.Length; start += width)
        {
            ReadOnlySpan<float> row = xs.Slice(start, width);
            float largest = Exponentials.Largest(row);
            float logOfSum = (float)Math.Log(Exponentials.Sum(row, largest));
            Span<float> y = ys.Slice(start, width);
            TensorPrimitives.Subtract(row, largest, y);
            TensorPrimitives.Subtract(y, logOfSum, y);
        }
    }

    /// <summary>Adds the gradient of <see cref="LogSoftmax"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void LogSoftmaxBackward(Tensor result, Tensor gradResult, Tensor gradX)
    {
        int width = Checks.RowWidth(result, nameof(LogSoftmax));
        ReadOnlySpan<float> ys = result.Span;
        ReadOnlySpan<float> gs = gradResult.Span;
        Span<float> target = gradX.Span;
        for (int start = 0; start < ys.Length; start += width)
        {
            ReadOnlySpan<float> g = gs.Slice(start, width);
            Span<float> t = target.Slice(start, width);
            TensorPrimitives.Add(t, g, t);
            Exponentials.Add(ys.Slice(start, width), 0, -TensorPrimitives.Sum(g), t);
        }
    }
}
