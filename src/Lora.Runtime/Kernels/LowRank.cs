namespace Lora;

/// <summary>The products of an adapter, thin in one dimension: A [inFeatures, rank], B [rank, outFeatures].</summary>
internal static class LowRank
{
    /// <summary>h = x·A: x [count, inFeatures], h [count, rank].</summary>
    public static void Down<TRank>(ReadOnlySpan<float> x, ReadOnlySpan<float> a, Span<float> h, int count, int inFeatures, int rank)
        where TRank : struct, IRank =>
        MatrixProduct.Multiply(x, false, a, false, h, count, rank, inFeatures, add: false);

    /// <summary>y += scale·h·B: h [count, rank], y [count, outFeatures].</summary>
    public static void AddUp<TRank>(ReadOnlySpan<float> h, ReadOnlySpan<float> b, float scale, Span<float> y, int count, int outFeatures, int rank)
        where TRank : struct, IRank
    {
        for (int i = 0; i < count; i++)
        {
            for (int r = 0; r < rank; r++)
            {
                float factor = scale * h[(i * rank) + r];
                for (int j = 0; j < outFeatures; j++)
                {
                    y[(i * outFeatures) + j] += factor * b[(r * outFeatures) + j];
                }
            }
        }
    }

    /// <summary>gradH = scale·g·Bᵀ: g [count, outFeatures], gradH [count, rank].</summary>
    public static void GradientOfHidden<TRank>(ReadOnlySpan<float> g, ReadOnlySpan<float> b, float scale, Span<float> gradH, int count, int outFeatures, int rank)
        where TRank : struct, IRank
    {
        MatrixProduct.Multiply(g, false, b, true, gradH, count, rank, outFeatures, add: false);
        foreach (ref float value in gradH[..(count * rank)])
        {
            value *= scale;
        }
    }

    /// <summary>gradB += scale·hᵀ·g: gradB [rank, outFeatures].</summary>
    public static void AddGradientOfUp<TRank>(ReadOnlySpan<float> h, ReadOnlySpan<float> g, float scale, Span<float> gradB, int count, int outFeatures, int rank)
        where TRank : struct, IRank
    {
        for (int i = 0; i < count; i++)
        {
            for (int r = 0; r < rank; r++)
            {
                float factor = scale * h[(i * rank) + r];
                for (int j = 0; j < outFeatures; j++)
                {
                    gradB[(r * outFeatures) + j] += factor * g[(i * outFeatures) + j];
                }
            }
        }
    }

    /// <summary>gradA += xᵀ·gradH: gradA [inFeatures, rank].</summary>
    public static void AddGradientOfDown<TRank>(ReadOnlySpan<float> x, ReadOnlySpan<float> gradH, Span<float> gradA, int count, int inFeatures, int rank)
        where TRank : struct, IRank =>
        MatrixProduct.Multiply(x, true, gradH, false, gradA, inFeatures, rank, count, add: true);

    /// <summary>gradX += gradH·Aᵀ: gradX [count, inFeatures].</summary>
    public static void AddGradientOfInput<TRank>(ReadOnlySpan<float> gradH, ReadOnlySpan<float> a, Span<float> gradX, int count, int inFeatures, int rank)
        where TRank : struct, IRank =>
        MatrixProduct.Multiply(gradH, false, a, true, gradX, count, inFeatures, rank, add: true);
}
