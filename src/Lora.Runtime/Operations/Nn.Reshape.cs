using System.ComponentModel;

namespace Lora;

public static partial class Nn
{
    /// <summary>The same elements, in row-major order, in another shape.</summary>
    /// <param name="x">A tensor.</param>
    /// <param name="shape">The new dimensions; one may be −1, which stands for what the others leave.</param>
    /// <exception cref="ArgumentException">The number of elements differs, or more than one dimension is −1.</exception>
    [Derivative(nameof(ReshapeBackward), Into = nameof(ReshapeInto), Shape = nameof(ReshapeShape), SharesGradient = [nameof(x)], Dimensions = "x [..] -> [..shape]")]
    public static Tensor Reshape(Tensor x, params ReadOnlySpan<int> shape)
    {
        Tensor result = Operation.Result(ReshapeShape(x, shape));
        ReshapeInto(x, shape, result);
        return result;
    }

    /// <summary>The shape of the result of <see cref="Reshape"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static TensorShape ReshapeShape(Tensor x, ReadOnlySpan<int> shape)
    {
        ArgumentNullException.ThrowIfNull(x);
        if (shape.Length > TensorShape.MaxRank)
        {
            throw new ArgumentException($"A tensor has at most {TensorShape.MaxRank} dimensions; Reshape was given {shape.Length}.", nameof(shape));
        }

        Span<int> dimensions = stackalloc int[TensorShape.MaxRank];
        shape.CopyTo(dimensions);
        int open = -1;
        long known = 1;
        for (int i = 0; i < shape.Length; i++)
        {
            if (shape[i] != -1)
            {
                known *= shape[i];
            }
            else if (open < 0)
            {
                open = i;
            }
            else
            {
                throw new ArgumentException($"Reshape was given {TensorShape.Describe(shape)}; at most one dimension is −1.", nameof(shape));
            }
        }

        if (open >= 0 && known > 0 && x.Length % known == 0)
        {
            dimensions[open] = (int)(x.Length / known);
            known *= dimensions[open];
        }
        else if (open >= 0)
        {
            known = -1;
        }

        return known == x.Length ? new TensorShape(dimensions[..shape.Length]) : throw new ArgumentException(
            $"Reshape cannot give a tensor of shape {x.FullShape}, which has {x.Length} elements, the shape {TensorShape.Describe(shape)}.", nameof(shape));
    }

    /// <summary>Writes the result of <see cref="Reshape"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void ReshapeInto(Tensor x, ReadOnlySpan<int> shape, Tensor result) => x.Span.CopyTo(result.Span);

    /// <summary>Adds the gradient of <see cref="Reshape"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void ReshapeBackward(Tensor gradResult, Tensor? gradX) => Elementwise.Accumulate(gradResult, gradX);
}
