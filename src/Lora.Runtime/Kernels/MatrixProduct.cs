namespace Lora;

/// <summary>Products of dense row-major matrices that change from step to step.</summary>
internal static class MatrixProduct
{
    /// <summary>c = a·b, or c += a·b: a [m, k], or [k, m] where it is transposed; b [k, n], or [n, k] where it is transposed; c [m, n].</summary>
    public static void Multiply(
        ReadOnlySpan<float> a, bool transposeA, ReadOnlySpan<float> b, bool transposeB, Span<float> c, int m, int n, int k, bool add)
    {
        for (int i = 0; i < m; i++)
        {
            for (int j = 0; j < n; j++)
            {
                float sum = add ? c[(i * n) + j] : 0;
                for (int p = 0; p < k; p++)
                {
                    sum += a[transposeA ? (p * m) + i : (i * k) + p] * b[transposeB ? (j * k) + p : (p * n) + j];
                }

                c[(i * n) + j] = sum;
            }
        }
    }
}
