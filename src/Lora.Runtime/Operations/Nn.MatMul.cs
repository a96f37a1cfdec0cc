using System.ComponentModel;

namespace Lora;

public static partial class Nn
{
    /// <summary>The matrix product. Matrices of equal leading dimensions are multiplied pair by pair; a right side of two dimensions serves every left one.</summary>
    /// <param name="a">[.., m, k].</param>
    /// <param name="b">[.., k, n], or [k, n].</param>
    /// <returns>[.., m, n].</returns>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    [Derivative(
        nameof(MatMulBackward), Reads = Reads.Inputs, Into = nameof(MatMulInto), Shape = nameof(MatMulShape),
        Dimensions = "a [.., m, k], b [.., k, n] -> [.., m, n]")]
    public static Tensor MatMul(Tensor a, Tensor b)
    {
        Tensor result = Operation.Result(MatMulShape(a, b));
        MatMulInto(a, b, result);
        return result;
    }

    /// <summary>The shape of the result of <see cref="MatMul"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static TensorShape MatMulShape(Tensor a, Tensor b)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(b);
        if (a.Rank < 2 || b.Rank < 2)
        {
            throw new ArgumentException($"MatMul takes matrices; it was given {a.FullShape} and {b.FullShape}. Reshape a vector to one row or one column.");
        }

        if (a.Shape[^1] != b.Shape[^2])
        {
            throw new ArgumentException(
                $"MatMul was given {a.FullShape} and {b.FullShape}: the last dimension of the first is {a.Shape[^1]}, the last but one of the second {b.Shape[^2]}; they must be equal.");
        }

        if (b.Rank > 2 && !a.Shape[..^2].SequenceEqual(b.Shape[..^2]))
        {
            throw new ArgumentException(
                $"MatMul was given {a.FullShape} and {b.FullShape}: the leading dimensions must be equal, unless the second has two dimensions alone.");
        }

        return a.FullShape.WithLast(b.Shape[^1]);
    }

    /// <summary>Writes the result of <see cref="MatMul"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void MatMulInto(Tensor a, Tensor b, Tensor result)
    {
        Checks.Result(result, MatMulShape(a, b), nameof(MatMul));
        (int count, int m, int k, int n) = MatMulSizes(a, b.Shape, b.Rank);
        for (int i = 0; i < count; i++)
        {
            MatrixProduct.Multiply(
                a.Span.Slice(i * m * k, m * k), transposeA: false, b.Span.Slice(i * k * n, k * n), transposeB: false,
                result.Span.Slice(i * m * n, m * n), m, n, k, add: false);
        }
    }

    /// <summary>Adds the gradients of <see cref="MatMul"/>: <c>g·bᵀ</c> and <c>aᵀ·g</c>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void MatMulBackward(Tensor a, Tensor b, Tensor gradResult, Tensor? gradA, Tensor? gradB)
    {
        (int count, int m, int k, int n) = MatMulSizes(a, b.Shape, b.Rank);
        ReadOnlySpan<float> g = gradResult.Span;
        if (gradA is not null)
        {
            Span<float> target = gradA.BeginAccumulate(out bool overwrite);
            for (int i = 0; i < count; i++)
            {
                MatrixProduct.Multiply(
                    g.Slice(i * m * n, m * n), transposeA: false, b.Span.Slice(i * k * n, k * n), transposeB: true,
                    target.Slice(i * m * k, m * k), m, k, n, add: !overwrite);
            }
        }

        if (gradB is not null)
        {
            Span<float> target = gradB.BeginAccumulate(out bool overwrite);
            for (int i = 0; i < count; i++)
            {
                MatrixProduct.Multiply(
                    a.Span.Slice(i * m * k, m * k), transposeA: true, g.Slice(i * m * n, m * n), transposeB: false,
                    target.Slice(i * k * n, k * n), k, n, m, add: !overwrite);
            }
        }
    }

    // One product of all rows where the right side is shared.
    private static (int Count, int M, int K, int N) MatMulSizes(Tensor a, ReadOnlySpan<int> b, int rankOfB)
    {
        int k = b[^2];
        int n = b[^1];
        int rows = 1;
        foreach (int dimension in a.Shape[..^1])
        {
            rows *= dimension;
        }

        int m = a.Shape[^2];
        return rankOfB == 2 || m == 0 ? (1, rows, k, n) : (rows / m, m, k, n);
    }
}
