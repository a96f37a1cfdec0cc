namespace Lora.Tests.Kernels;

/// <summary>Matrices and products as plain double loops.</summary>
internal static class KernelReferences
{
    public static float[] Random(ulong seed, int length) => Tensor.RandomNormal(seed, length).Span.ToArray();

    /// <summary>start + scale·a·b, and beside it how large the terms of each sum are.</summary>
    public static (double[] Values, double[] Sizes) Product(
        float[] a, bool transposeA, float[] b, bool transposeB, int m, int n, int k, double scale = 1, float[]? start = null)
    {
        double[] values = new double[m * n];
        double[] sizes = new double[m * n];
        for (int i = 0; i < m; i++)
        {
            for (int j = 0; j < n; j++)
            {
                double sum = start is null ? 0 : start[(i * n) + j];
                double size = Math.Abs(sum);
                for (int p = 0; p < k; p++)
                {
                    double term = scale * a[transposeA ? (p * m) + i : (i * k) + p] * b[transposeB ? (j * k) + p : (p * n) + j];
                    sum += term;
                    size += Math.Abs(term);
                }

                values[(i * n) + j] = sum;
                sizes[(i * n) + j] = size;
            }
        }

        return (values, sizes);
    }

    /// <summary>Holds each element to a few roundings of its largest partial sum.</summary>
    public static void ShouldBeProduct(this ReadOnlySpan<float> actual, (double[] Values, double[] Sizes) expected, string what)
    {
        actual.Length.ShouldBe(expected.Values.Length, what);
        for (int i = 0; i < actual.Length; i++)
        {
            double error = Math.Abs(actual[i] - expected.Values[i]);
            if (!(error <= 2e-6 * (expected.Sizes[i] + 1e-30)))
            {
                Assert.Fail($"{what}: element {i} is {actual[i]}, not {expected.Values[i]}.");
            }
        }
    }

    public static void ShouldBeProduct(this float[] actual, (double[] Values, double[] Sizes) expected, string what) =>
        ((ReadOnlySpan<float>)actual).ShouldBeProduct(expected, what);
}
