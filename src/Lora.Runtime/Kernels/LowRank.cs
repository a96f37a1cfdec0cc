namespace Lora;

/// <summary>The products of an adapter, thin in one dimension: A [inFeatures, rank], B [rank, outFeatures].</summary>
/// <remarks>
/// Beside a packed matrix h·B and gradH·Aᵀ are steps of its own tiles (<see cref="LowRankUpdate"/>). By themselves x·A, h·B and gradH·Aᵀ are compiled over the
/// rank: the one that generated code names, and 4, 8 and 16 for models without generated code and adapters put in later. In the others the rank counts rows or
/// columns of tiles that serve every product. Any other rank takes those tiles too. So do 32 and 64, wherever generated code names them: a rank so large fills
/// the tiles, while its panel fills no registers. The rank alone decides, never the count, so that rows may be split among callers without a change of a bit.
/// </remarks>
internal static unsafe partial class LowRank
{
    /// <summary>h = x·A: x [count, inFeatures], h [count, rank].</summary>
    public static void Down<TRank>(ReadOnlySpan<float> x, ReadOnlySpan<float> a, Span<float> h, int count, int inFeatures, int rank)
        where TRank : struct, IRank
    {
        Check(x.Length, count, inFeatures);
        Check(a.Length, inFeatures, rank);
        Check(h.Length, count, rank);
        fixed (float* left = x, right = a, result = h)
        {
            Run<TRank, DownProduct>(new ThinJob { A = left, B = right, C = result, Count = count, Features = inFeatures, Rank = rank });
        }
    }

    /// <summary>y += scale·h·B: h [count, rank], y [count, outFeatures].</summary>
    public static void AddUp<TRank>(ReadOnlySpan<float> h, ReadOnlySpan<float> b, float scale, Span<float> y, int count, int outFeatures, int rank)
        where TRank : struct, IRank
    {
        Check(h.Length, count, rank);
        Check(b.Length, rank, outFeatures);
        Check(y.Length, count, outFeatures);
        fixed (float* left = h, right = b, result = y)
        {
            Run<TRank, UpProduct>(
                new ThinJob { A = left, B = right, BStride = outFeatures, C = result, Scale = scale, Count = count, Features = outFeatures, Rank = rank });
        }
    }

    /// <summary>gradH = scale·g·Bᵀ: g [count, outFeatures], gradH [count, rank].</summary>
    public static void GradientOfHidden<TRank>(ReadOnlySpan<float> g, ReadOnlySpan<float> b, float scale, Span<float> gradH, int count, int outFeatures, int rank)
        where TRank : struct, IRank
    {
        Check(g.Length, count, outFeatures);
        Check(b.Length, rank, outFeatures);
        Check(gradH.Length, count, rank);
        fixed (float* left = g, right = b, result = gradH)
        {
            Run<TRank, HiddenGradientProduct>(new ThinJob { A = left, B = right, C = result, Scale = scale, Count = count, Features = outFeatures, Rank = rank });
        }
    }

    /// <summary>gradB += scale·hᵀ·g: gradB [rank, outFeatures].</summary>
    public static void AddGradientOfUp<TRank>(ReadOnlySpan<float> h, ReadOnlySpan<float> g, float scale, Span<float> gradB, int count, int outFeatures, int rank)
        where TRank : struct, IRank
    {
        Check(h.Length, count, rank);
        Check(g.Length, count, outFeatures);
        Check(gradB.Length, rank, outFeatures);
        fixed (float* left = h, right = g, result = gradB)
        {
            Run<TRank, GradientOfUpProduct>(new ThinJob { A = left, B = right, C = result, Scale = scale, Count = count, Features = outFeatures, Rank = rank });
        }
    }

    /// <summary>gradA += xᵀ·gradH: gradA [inFeatures, rank].</summary>
    public static void AddGradientOfDown<TRank>(ReadOnlySpan<float> x, ReadOnlySpan<float> gradH, Span<float> gradA, int count, int inFeatures, int rank)
        where TRank : struct, IRank
    {
        Check(x.Length, count, inFeatures);
        Check(gradH.Length, count, rank);
        Check(gradA.Length, inFeatures, rank);
        fixed (float* left = x, right = gradH, result = gradA)
        {
            Run<TRank, GradientOfDownProduct>(new ThinJob { A = left, B = right, C = result, Count = count, Features = inFeatures, Rank = rank });
        }
    }

    /// <summary>gradX += gradH·Aᵀ: gradX [count, inFeatures].</summary>
    public static void AddGradientOfInput<TRank>(ReadOnlySpan<float> gradH, ReadOnlySpan<float> a, Span<float> gradX, int count, int inFeatures, int rank)
        where TRank : struct, IRank
    {
        Check(gradH.Length, count, rank);
        Check(a.Length, inFeatures, rank);
        Check(gradX.Length, count, inFeatures);
        int stride = TransposedStride(inFeatures);
        fixed (float* left = gradH, result = gradX, transposed = Transposed(a, inFeatures, rank))
        {
            Run<TRank, UpProduct>(
                new ThinJob { A = left, B = transposed, BStride = stride, C = result, Count = count, Features = inFeatures, Rank = rank });
        }
    }

    // The thread's memory with Aᵀ, its rows TransposedStride apart: until the thread's next product.
    private static Span<float> Transposed(ReadOnlySpan<float> a, int inFeatures, int rank)
    {
        int stride = TransposedStride(inFeatures);
        Span<float> transposed = Scratch.TakePacked(stride * rank);
        fixed (float* source = a, target = transposed)
        {
            Transposition.Run(source, rank, inFeatures, rank, target, stride, add: false);
        }

        return transposed;
    }

    // Rows that are pages apart would fall into the same sets of a cache.
    private static int TransposedStride(int inFeatures) => inFeatures + CacheLine;

    // The caller's guess where it is right, else the usual ranks.
    private static void Run<TRank, TProduct>(in ThinJob job)
        where TRank : struct, IRank
        where TProduct : struct, IThinProduct
    {
        if (job.Count == 0)
        {
            return;
        }

        if (TRank.Value == job.Rank)
        {
            ThinParts<TRank, TProduct>.Run(job);
            return;
        }

        switch (job.Rank)
        {
            case 4:
                ThinParts<Rank4, TProduct>.Run(job);
                break;
            case 8:
                ThinParts<Rank8, TProduct>.Run(job);
                break;
            case 16:
                ThinParts<Rank16, TProduct>.Run(job);
                break;
            default:
                ThinParts<AnyRank, TProduct>.Run(job);
                break;
        }
    }

    private static void Check(int length, int rows, int columns)
    {
        if (length < (long)rows * columns)
        {
            throw new ArgumentException($"{length} values are fewer than a matrix of shape [{rows}, {columns}] has.");
        }
    }
}
