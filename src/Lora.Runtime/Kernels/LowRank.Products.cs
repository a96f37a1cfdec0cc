using System.Runtime.Intrinsics;

namespace Lora;

internal static unsafe partial class LowRank
{
    /// <summary>The examples whose part of a gradient is summed before it is added: their rows stay in the nearest cache.</summary>
    private const int ExampleBlock = 64;

    /// <summary>The fewest examples of a part.</summary>
    private const int ExamplesOfPart = 8;

    /// <summary>The fewest features of a part: one tile.</summary>
    private const int FeaturesOfPart = Tile.MaxColumns;

    /// <summary>The floats of one line of a cache.</summary>
    private const int CacheLine = 16;

    private readonly struct DownProduct : IThinProduct
    {
        public static (int Units, int Least) UnitsOf(in ThinJob job) => (job.Count, ExamplesOfPart);

        public static ThinJob Slice(in ThinJob job, int first, int count) => job with
        {
            A = job.A + ((nint)first * job.Features),
            C = job.C + ((nint)first * job.Rank),
            Count = count,
        };

        public static void Run<TRank>(in ThinJob job)
            where TRank : struct, IRank
        {
            var product = new TileJob { A = job.A, RowStride = job.Features, B = job.B, Depth = job.Features, C = job.C };
            if (TRank.Value == 16 && VectorWidth.Has512)
            {
                RankRows<Lanes512, Vector512<float>>.Run(product, job.Count);
            }
            else if (TRank.Value == 8 && VectorWidth.Has256)
            {
                RankRows<Lanes256, Vector256<float>>.Run(product, job.Count);
            }
            else if (TRank.Value == 4)
            {
                RankRows<Lanes128, Vector128<float>>.Run(product, job.Count);
            }
            else
            {
                RunAny(job);
            }
        }

        public static void RunAny(in ThinJob job)
        {
            if (job.Rank % Tile.NarrowestVector != 0)
            {
                MatrixProduct.Multiply(
                    new ReadOnlySpan<float>(job.A, job.Count * job.Features),
                    transposeA: false,
                    new ReadOnlySpan<float>(job.B, job.Features * job.Rank),
                    transposeB: false,
                    new Span<float>(job.C, job.Count * job.Rank),
                    job.Count,
                    job.Rank,
                    job.Features,
                    add: false);
                return;
            }

            for (int step = 0; step < job.Features; step += Tile.MaxDepth)
            {
                Tile.Run(
                    new TileJob
                    {
                        A = job.A + step,
                        RowStride = job.Features,
                        B = job.B + ((nint)step * job.Rank),
                        BStride = job.Rank,
                        Depth = Math.Min(Tile.MaxDepth, job.Features - step),
                        C = job.C,
                        CStride = job.Rank,
                        Add = step > 0,
                    },
                    job.Count,
                    job.Rank);
            }
        }
    }

    // Also that of the gradient of the input, with A's transpose in place of B.
    private readonly struct UpProduct : IThinProduct
    {
        public static (int Units, int Least) UnitsOf(in ThinJob job) => (job.Count, ExamplesOfPart);

        public static ThinJob Slice(in ThinJob job, int first, int count) => job with
        {
            A = job.A + ((nint)first * job.Rank),
            C = job.C + ((nint)first * job.Features),
            Count = count,
        };

        public static void Run<TRank>(in ThinJob job)
            where TRank : struct, IRank => RankPanels<TRank>.RunOrTile(ThinTile(job), job.Count, job.Features);

        public static void RunAny(in ThinJob job) => RankPanels<AnyRank>.RunOrTile(ThinTile(job), job.Count, job.Features);

        private static TileJob ThinTile(in ThinJob job) => new()
        {
            A = job.A,
            RowStride = job.Rank,
            B = job.B,
            BStride = job.BStride,
            Depth = job.Rank,
            C = job.C,
            CStride = job.Features,
            Scale = job.Scale,
            Add = true,
        };
    }

    // The rank counts the columns of these tiles, up to 8 of which are a constant of each already.
    private readonly struct HiddenGradientProduct : IThinProduct
    {
        public static (int Units, int Least) UnitsOf(in ThinJob job) => (job.Count, ExamplesOfPart);

        public static ThinJob Slice(in ThinJob job, int first, int count) => job with
        {
            A = job.A + ((nint)first * job.Features),
            C = job.C + ((nint)first * job.Rank),
            Count = count,
        };

        public static void Run<TRank>(in ThinJob job)
            where TRank : struct, IRank => RunAny(job);

        public static void RunAny(in ThinJob job) => Dots.Run(
            new TileJob
            {
                A = job.A,
                RowStride = job.Features,
                B = job.B,
                BStride = job.Features,
                Depth = job.Features,
                C = job.C,
                CStride = job.Rank,
                Scale = job.Scale,
            },
            job.Count,
            job.Rank);
    }

    // A sum over the examples: parts are features. The rank counts the rows of these tiles, up to 8 of which are a constant of each already.
    private readonly struct GradientOfUpProduct : IThinProduct
    {
        public static (int Units, int Least) UnitsOf(in ThinJob job) => (job.Features, FeaturesOfPart);

        public static ThinJob Slice(in ThinJob job, int first, int count) => job with
        {
            B = job.B + first,
            BStride = job.Features,
            C = job.C + first,
            Features = count,
        };

        public static void Run<TRank>(in ThinJob job)
            where TRank : struct, IRank => RunAny(job);

        public static void RunAny(in ThinJob job) => AddOverExamples(job.A, job.Rank, job.Rank, job.B, job.BStride, job.Features, job.C, job.BStride, job.Count, job.Scale, add: true);
    }

    private readonly struct GradientOfDownProduct : IThinProduct
    {
        /// <summary>The most rows of a tile.</summary>
        private const int NarrowRank = 8;

        public static (int Units, int Least) UnitsOf(in ThinJob job) => (job.Features, FeaturesOfPart);

        // b's stride is that of x here.
        public static ThinJob Slice(in ThinJob job, int first, int count) => job with
        {
            A = job.A + first,
            BStride = job.Features,
            C = job.C + ((nint)first * job.Rank),
            Features = count,
        };

        // A tile as wide as such a rank is one vector, or a narrower one. Tiles of the gradient's transpose are as wide as any, and the rank is their rows.
        public static void Run<TRank>(in ThinJob job)
            where TRank : struct, IRank
        {
            if (TRank.Value > NarrowRank && TRank.Value >= VectorWidth.Lanes)
            {
                RunAny(job);
                return;
            }

            fixed (float* transposed = Scratch.TakePacked(TRank.Value * job.Features))
            {
                AddOverExamples(job.B, job.Rank, job.Rank, job.A, job.BStride, job.Features, transposed, job.Features, job.Count, 1, add: false);
                Transposition.Run(transposed, job.Features, TRank.Value, job.Features, job.C, TRank.Value, add: true);
            }
        }

        public static void RunAny(in ThinJob job) =>
            AddOverExamples(job.A, job.BStride, job.Features, job.B, job.Rank, job.Rank, job.C, job.Rank, job.Count, 1, add: true);
    }

    // c [rows, columns] += scale·aᵀ·b, where a [count, rows] and b [count, columns].
    private static void AddOverExamples(
        float* a, nint aStride, int rows, float* b, nint bStride, int columns, float* c, nint cStride, int count, float scale, bool add)
    {
        for (int example = 0; example < count; example += ExampleBlock)
        {
            Tile.Run(
                new TileJob
                {
                    A = a + (example * aStride),
                    RowStride = 1,
                    Step = aStride,
                    B = b + (example * bStride),
                    BStride = bStride,
                    Depth = Math.Min(ExampleBlock, count - example),
                    C = c,
                    CStride = cStride,
                    Scale = scale,
                    Add = add || example > 0,
                },
                rows,
                columns);
        }
    }
}
