using System.ComponentModel;
using System.Numerics.Tensors;

namespace Lora;

public static partial class Nn
{
    /// <summary>eˣ over its sum along the last axis. A row of −∞ alone, or with +∞ or NaN in it, gives NaN.</summary>
    /// <param name="x">[.., n].</param>
    /// <exception cref="ArgumentException">The tensor has no dimension.</exception>
    [Derivative(nameof(SoftmaxBackward), Reads = Reads.Result, Into = nameof(SoftmaxInto), InPlace = true)]
    public static Tensor Softmax(Tensor x)
    {
        ArgumentNullException.ThrowIfNull(x);
        Tensor result = Operation.Result(x.FullShape);
        SoftmaxInto(x, result);
        return result;
    }

    /// <summary>Writes the result of <see cref="Softmax"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void SoftmaxInto(Tensor x, Tensor result)
    {
        int width = Checks.RowWidth(x, nameof(Softmax));
        ReadOnlySpan<float> xs = x.Span;
        Span<float> ys = result.Span;
        for (int start = 0; start < xs.Length; start += width)
        {
            ReadOnlySpan<float> row = xs.Slice(start, width);
            Span<float> y = ys.Slice(start, width);
            double sum = Exponentials.Write(row, Exponentials.Largest(row), y);
            TensorPrimitives.Multiply(y, (float)(1 / sum), y);
        }
    }

    /// <summary>Adds the gradient of <see cref="Softmax"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void SoftmaxBackward(Tensor result, Tensor gradResult, Tensor gradX)
    {
        int width = Checks.RowWidth(result, nameof(Softmax));
        ReadOnlySpan<float> ys = result.Span;
        ReadOnlySpan<float> gs = gradResult.Span;
        Span<float> target = gradX.Span;
        for (int start = 0; start < ys.Length; start += width)
        {
            ReadOnlySpan<float> y = ys.Slice(start, width);
            ReadOnlySpan<float> g = gs.Slice(start, width);
            Span<float> t = target.Slice(start, width);
            float mean = TensorPrimitives.Dot(y, g);
            for (int i = 0; i < width; i++)
            {
                t[i] += y[i] * (g[i] - mean);
            }
        }
    }
}
