namespace Lora;

/// <summary>
/// The norms that DoRA divides by (Liu et al. 2024, "DoRA: Weight-Decomposed Low-Rank Adaptation"), without the adapted weights themselves: with
/// V = W + s·(A·B)ᵀ and for each output feature, <c>‖V‖² = ‖W‖² + 2s·B·(W·A) + s²·B·(Aᵀ·A)·B</c>.
/// </summary>
internal static class DoraNorms
{
    /// <summary>The elements of scratch memory that <see cref="Of"/> takes.</summary>
    public static int ScratchLength(LoraAdapter adapter)
    {
        int rank = adapter.Rank;
        return (rank * adapter.A.Shape[0]) + (2 * rank * adapter.B.Shape[1]) + (rank * rank);
    }

    /// <summary>‖W‖² of each output feature.</summary>
    public static double[] SquaresOf(LayerWeight weight, bool featuresAreColumns)
    {
        int rows = weight.Shape[0];
        int columns = weight.Shape[1];
        double[] squares = new double[featuresAreColumns ? columns : rows];
        float[] row = new float[columns];
        for (int i = 0; i < rows; i++)
        {
            if (weight.Packed is { } packed)
            {
                packed.CopyRowsTo([i], row);
            }
            else
            {
                weight.Dense!.Span.Slice(i * columns, columns).CopyTo(row);
            }

            for (int j = 0; j < columns; j++)
            {
                squares[featuresAreColumns ? j : i] += (double)row[j] * row[j];
            }
        }

        return squares;
    }

    /// <summary>‖V‖ of each output feature.</summary>
    /// <param name="weight">W: [out, in], or [in, out] where the features are its columns.</param>
    /// <param name="squares">‖W‖² of each.</param>
    /// <param name="adapter">A [in, r], B [r, out].</param>
    /// <param name="featuresAreColumns">Which of the two W is.</param>
    /// <param name="scratch">Memory for the products.</param>
    /// <param name="norms">[out].</param>
    public static void Of(LayerWeight weight, double[] squares, LoraAdapter adapter, bool featuresAreColumns, Span<float> scratch, Span<float> norms)
    {
        int rank = adapter.Rank;
        int inputs = adapter.A.Shape[0];
        int features = adapter.B.Shape[1];
        ReadOnlySpan<float> a = adapter.A.Span;
        ReadOnlySpan<float> b = adapter.B.Span;
        Span<float> aTransposed = scratch[..(rank * inputs)];
        Span<float> wa = scratch.Slice(rank * inputs, rank * features);
        Span<float> aab = scratch.Slice((rank * inputs) + (rank * features), rank * features);
        Span<float> aa = scratch.Slice((rank * inputs) + (2 * rank * features), rank * rank);
        MatrixProduct.Multiply(a, transposeA: true, a, transposeB: false, aa, rank, rank, inputs, add: false);
        MatrixProduct.Multiply(aa, transposeA: false, b, transposeB: false, aab, rank, features, rank, add: false);
        if (weight.Packed is not { } packed)
        {
            MatrixProduct.Multiply(a, transposeA: true, weight.Dense!.Span, transposeB: !featuresAreColumns, wa, rank, features, inputs, add: false);
        }
        else
        {
            Transpose(a, inputs, rank, aTransposed);
            if (featuresAreColumns)
            {
                packed.MultiplyTransposed(aTransposed, rank, wa, add: false);
            }
            else
            {
                packed.Multiply(aTransposed, rank, wa, default);
            }
        }

        double scaling = adapter.Scaling;
        for (int i = 0; i < features; i++)
        {
            double square = squares[i];
            for (int r = 0, at = i; r < rank; r++, at += features)
            {
                square += b[at] * ((2 * scaling * wa[at]) + (scaling * scaling * aab[at]));
            }

            norms[i] = (float)Math.Sqrt(Math.Max(square, 0));
        }
    }

    /// <summary>m / ‖V‖, what the products are multiplied by; 1 where there is no direction, whose magnitude says nothing.</summary>
    public static void Scale(ReadOnlySpan<float> magnitude, ReadOnlySpan<float> norms, Span<float> scale)
    {
        for (int i = 0; i < scale.Length; i++)
        {
            scale[i] = norms[i] > 0 ? magnitude[i] / norms[i] : 1;
        }
    }

    private static unsafe void Transpose(ReadOnlySpan<float> matrix, int rows, int columns, Span<float> result)
    {
        fixed (float* source = matrix, target = result)
        {
            Transposition.Run(source, columns, rows, columns, target, rows, add: false);
        }
    }
}
