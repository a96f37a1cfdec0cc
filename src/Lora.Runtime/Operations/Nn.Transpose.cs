using System.ComponentModel;

namespace Lora;

public static partial class Nn
{
    /// <summary>Exchanges the last two axes.</summary>
    /// <param name="x">[.., m, n].</param>
    /// <returns>[.., n, m].</returns>
    /// <exception cref="ArgumentOutOfRangeException">The tensor has fewer than two dimensions.</exception>
    [Derivative(nameof(TransposeBackward), Into = nameof(TransposeInto), Shape = nameof(TransposeShape), Dimensions = "x [.., m, n] -> [.., n, m]")]
    public static Tensor Transpose(Tensor x) => Transpose(x, -2, -1);

    /// <summary>The shape of the result of <see cref="Transpose(Tensor)"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static TensorShape TransposeShape(Tensor x) => TransposeAxesShape(x, -2, -1);

    /// <summary>Writes the result of <see cref="Transpose(Tensor)"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void TransposeInto(Tensor x, Tensor result) => TransposeAxesInto(x, -2, -1, result);

    /// <summary>Adds the gradient of <see cref="Transpose(Tensor)"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void TransposeBackward(Tensor gradResult, Tensor gradX) => TransposeAxesBackward(-2, -1, gradResult, gradX);

    /// <summary>Exchanges two axes.</summary>
    /// <param name="x">A tensor.</param>
    /// <param name="axis1">The first axis; counted from the end where it is negative.</param>
    /// <param name="axis2">The second axis; counted from the end where it is negative.</param>
    /// <exception cref="ArgumentOutOfRangeException">The tensor has no such axis.</exception>
    [Derivative(nameof(TransposeAxesBackward), Into = nameof(TransposeAxesInto), Shape = nameof(TransposeAxesShape))]
    public static Tensor Transpose(Tensor x, int axis1, int axis2)
    {
        Tensor result = Operation.Result(TransposeAxesShape(x, axis1, axis2));
        TransposeAxesInto(x, axis1, axis2, result);
        return result;
    }

    /// <summary>The shape of the result of <see cref="Transpose(Tensor, int, int)"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static TensorShape TransposeAxesShape(Tensor x, int axis1, int axis2)
    {
        int first = Axis.PositionOf(x, axis1, nameof(Transpose));
        int second = Axis.PositionOf(x, axis2, nameof(Transpose));
        Span<int> dimensions = stackalloc int[TensorShape.MaxRank];
        x.Shape.CopyTo(dimensions);
        (dimensions[first], dimensions[second]) = (dimensions[second], dimensions[first]);
        return new TensorShape(dimensions[..x.Rank]);
    }

    /// <summary>Writes the result of <see cref="Transpose(Tensor, int, int)"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void TransposeAxesInto(Tensor x, int axis1, int axis2, Tensor result)
    {
        Checks.Result(result, TransposeAxesShape(x, axis1, axis2), nameof(Transpose));
        Exchange(x, axis1, axis2, result.Span, overwrite: true);
    }

    /// <summary>Adds the gradient of <see cref="Transpose(Tensor, int, int)"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void TransposeAxesBackward(int axis1, int axis2, Tensor gradResult, Tensor gradX)
    {
        Span<float> target = gradX.BeginAccumulate(out bool overwrite);
        Exchange(gradResult, axis1, axis2, target, overwrite);
    }

    // x as [outer, first, middle, second, inner] goes to [outer, second, middle, first, inner].
    private static void Exchange(Tensor x, int axis1, int axis2, Span<float> target, bool overwrite)
    {
        int position1 = Axis.PositionOf(x, axis1, nameof(Transpose));
        int position2 = Axis.PositionOf(x, axis2, nameof(Transpose));
        ReadOnlySpan<float> source = x.Span;
        if (position1 == position2)
        {
            Elementwise.AccumulateRun(source, target, overwrite);
            return;
        }

        Axis firstAxis = Axis.Of(x.Shape, Math.Min(position1, position2));
        Axis secondAxis = Axis.Of(x.Shape, Math.Max(position1, position2));
        int first = firstAxis.Size;
        int second = secondAxis.Size;
        int inner = secondAxis.Inner;
        if (source.Length == 0)
        {
            return;
        }

        int middle = firstAxis.Inner / (second * inner);
        int block = first * middle * second * inner;
        for (int outer = 0; outer < firstAxis.Outer; outer++)
        {
            for (int m = 0; m < middle; m++)
            {
                ExchangeBlock(
                    source.Slice(outer * block, block), m * second * inner, firstAxis.Inner,
                    target.Slice(outer * block, block), m * first * inner, middle * first * inner,
                    first, second, inner, overwrite);
            }
        }
    }

    // Tiles keep both the rows read and the rows written in the first-level cache.
    private static void ExchangeBlock(
        ReadOnlySpan<float> source, int sourceStart, int sourceStride, Span<float> target, int targetStart, int targetStride,
        int first, int second, int inner, bool overwrite)
    {
        const int Tile = 16;
        for (int i0 = 0; i0 < first; i0 += Tile)
        {
            int iEnd = Math.Min(first, i0 + Tile);
            for (int j0 = 0; j0 < second; j0 += Tile)
            {
                int jEnd = Math.Min(second, j0 + Tile);
                for (int j = j0; j < jEnd; j++)
                {
                    for (int i = i0; i < iEnd; i++)
                    {
                        int from = sourceStart + (i * sourceStride) + (j * inner);
                        int to = targetStart + (j * targetStride) + (i * inner);
                        if (inner == 1)
                        {
                            target[to] = overwrite ? source[from] : target[to] + source[from];
                        }
                        else
                        {
                            Elementwise.AccumulateRun(source.Slice(from, inner), target.Slice(to, inner), overwrite);
                        }
                    }
                }
            }
        }
    }
}
