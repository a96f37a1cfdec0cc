using System.Runtime.CompilerServices;

namespace Lora;

/// <summary>The products of an adapter, thin in one dimension: A [inFeatures, rank], B [rank, outFeatures].</summary>
/// <remarks>
/// Each is one sweep of tiles in which the rank is a side: of <c>h</c> and <c>∂A</c> the vectors lie along it (rank 8 is one of 256 bits, 16 one of 512), of <c>∂B</c> and
/// <c>∂h</c> it counts the tile's registers, and in the products with it as their depth it is the length of the loop.
/// </remarks>
internal static unsafe class LowRank
{
    /// <summary>The examples whose part of a gradient is summed before it is added: their rows stay in the nearest cache.</summary>
    private const int ExampleBlock = 64;

    /// <summary>h = x·A: x [count, inFeatures], h [count, rank].</summary>
    public static void Down<TRank>(ReadOnlySpan<float> x, ReadOnlySpan<float> a, Span<float> h, int count, int inFeatures, int rank)
        where TRank : struct, IRank
    {
        Check(x.Length, count, inFeatures);
        Check(a.Length, inFeatures, rank);
        Check(h.Length, count, rank);
        if (rank % Tile.NarrowestVector != 0)
        {
            MatrixProduct.Multiply(x, transposeA: false, a, transposeB: false, h, count, rank, inFeatures, add: false);
            return;
        }

        fixed (float* left = x, right = a, result = h)
        {
            for (int step = 0; step < inFeatures; step += Tile.MaxDepth)
            {
                Tile.Run(
                    new TileJob
                    {
                        A = left + step,
                        RowStride = inFeatures,
                        B = right + ((nint)step * rank),
                        BStride = rank,
                        Depth = Math.Min(Tile.MaxDepth, inFeatures - step),
                        C = result,
                        CStride = rank,
                        Add = step > 0,
                    },
                    count,
                    Known<TRank>(rank));
            }
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
            AddThin(left, right, scale, result, count, outFeatures, Known<TRank>(rank));
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
            Dots.Run(
                new TileJob
                {
                    A = left,
                    RowStride = outFeatures,
                    B = right,
                    BStride = outFeatures,
                    Depth = outFeatures,
                    C = result,
                    CStride = rank,
                    Scale = scale,
                },
                count,
                Known<TRank>(rank));
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
            AddOverExamples(left, right, scale, result, count, Known<TRank>(rank), outFeatures);
        }
    }

    /// <summary>gradA += xᵀ·gradH: gradA [inFeatures, rank].</summary>
    public static void AddGradientOfDown<TRank>(ReadOnlySpan<float> x, ReadOnlySpan<float> gradH, Span<float> gradA, int count, int inFeatures, int rank)
        where TRank : struct, IRank
    {
        Check(x.Length, count, inFeatures);
        Check(gradH.Length, count, rank);
        Check(gradA.Length, inFeatures, rank);
        if (rank % Tile.NarrowestVector != 0)
        {
            MatrixProduct.Multiply(x, transposeA: true, gradH, transposeB: false, gradA, inFeatures, rank, count, add: true);
            return;
        }

        fixed (float* left = x, right = gradH, result = gradA)
        {
            AddOverExamples(left, right, 1, result, count, inFeatures, Known<TRank>(rank));
        }
    }

    /// <summary>gradX += gradH·Aᵀ: gradX [count, inFeatures].</summary>
    public static void AddGradientOfInput<TRank>(ReadOnlySpan<float> gradH, ReadOnlySpan<float> a, Span<float> gradX, int count, int inFeatures, int rank)
        where TRank : struct, IRank
    {
        Check(gradH.Length, count, rank);
        Check(a.Length, inFeatures, rank);
        Check(gradX.Length, count, inFeatures);
        fixed (float* left = gradH, right = a, result = gradX, transposed = Scratch.TakePacked(inFeatures * rank))
        {
            Transposition.Run(right, rank, inFeatures, rank, transposed, inFeatures, add: false);
            AddThin(left, transposed, 1, result, count, inFeatures, Known<TRank>(rank));
        }
    }

    // c [rows, columns] += scale·a·b, where a [rows, rank] and b [rank, columns].
    private static void AddThin(float* a, float* b, float scale, float* c, int rows, int columns, int rank)
    {
        for (int step = 0; step < rank; step += Tile.MaxDepth)
        {
            Tile.Run(
                new TileJob
                {
                    A = a + step,
                    RowStride = rank,
                    B = b + ((nint)step * columns),
                    BStride = columns,
                    Depth = Math.Min(Tile.MaxDepth, rank - step),
                    C = c,
                    CStride = columns,
                    Scale = scale,
                    Add = true,
                },
                rows,
                columns);
        }
    }

    // c [rows, columns] += scale·aᵀ·b, where a [count, rows] and b [count, columns].
    private static void AddOverExamples(float* a, float* b, float scale, float* c, int count, int rows, int columns)
    {
        for (int example = 0; example < count; example += ExampleBlock)
        {
            Tile.Run(
                new TileJob
                {
                    A = a + ((nint)example * rows),
                    RowStride = 1,
                    Step = rows,
                    B = b + ((nint)example * columns),
                    BStride = columns,
                    Depth = Math.Min(ExampleBlock, count - example),
                    C = c,
                    CStride = columns,
                    Scale = scale,
                    Add = true,
                },
                rows,
                columns);
        }
    }

    /// <summary>The rank as a constant where generated code has guessed it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Known<TRank>(int rank)
        where TRank : struct, IRank => TRank.Value == rank ? TRank.Value : rank;

    private static void Check(int length, int rows, int columns)
    {
        if (length < (long)rows * columns)
        {
            throw new ArgumentException($"{length} values are fewer than a matrix of shape [{rows}, {columns}] has.");
        }
    }
}
