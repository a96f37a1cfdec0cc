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
        private const int FewExamples = 8;

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
                IRowKernel.RunAll<RankRows<Lanes512, Vector512<float>>>(product, job.Count);
            }
            else if (TRank.Value == RankPairs.Rank && VectorWidth.Has512)
            {
                IRowKernel.RunAll<RankPairs>(product, job.Count);
            }
            else if (TRank.Value == 8 && VectorWidth.Has256)
            {
                IRowKernel.RunAll<RankRows<Lanes256, Vector256<float>>>(product, job.Count);
            }
            else if (TRank.Value == 4)
            {
                IRowKernel.RunAll<RankRows<Lanes128, Vector128<float>>>(product, job.Count);
            }
            else
            {
                RunAny(job);
            }
        }

        // Where A is read often enough, its rows are made a whole number of vectors wide beforehand. Each sum is the same chain of additions either way.
        public static void RunAny(in ThinJob job)
        {
            int width = Blocks.Count(job.Rank, VectorWidth.Lanes) * VectorWidth.Lanes;
            bool pads = job.Rank < width && job.Count > FewExamples;
            fixed (float* padded = Scratch.TakePacked(pads ? Tile.MaxDepth * width : 0))
            {
                for (int step = 0; step < job.Features; step += Tile.MaxDepth)
                {
                    var tile = new TileJob
                    {
                        A = job.A + step,
                        RowStride = job.Features,
                        B = job.B + ((nint)step * job.Rank),
                        BStride = job.Rank,
                        Depth = Math.Min(Tile.MaxDepth, job.Features - step),
                        C = job.C,
                        CStride = job.Rank,
                        Add = step > 0,
                    };
                    if (pads)
                    {
                        Pad(tile.B, job.Rank, tile.Depth, padded, width);
                        tile.B = padded;
                        tile.BStride = width;
                        Tile.RunPadded(tile, job.Count, job.Rank);
                    }
                    else
                    {
                        Tile.Run(tile, job.Count, job.Rank);
                    }
                }
            }
        }

        private static void Pad(float* rows, int rank, int count, float* padded, int width)
        {
            for (int row = 0; row < count; row++)
            {
                new ReadOnlySpan<float>(rows + ((nint)row * rank), rank).CopyTo(new Span<float>(padded + ((nint)row * width), rank));
                new Span<float>(padded + ((nint)row * width) + rank, width - rank).Clear();
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
        private const int ExamplesAtATime = 24;

        public static (int Units, int Least) UnitsOf(in ThinJob job) => (job.Count, ExamplesOfPart);

        public static ThinJob Slice(in ThinJob job, int first, int count) => job with
        {
            A = job.A + ((nint)first * job.Features),
            C = job.C + ((nint)first * job.Rank),
            Count = count,
        };

        public static void Run<TRank>(in ThinJob job)
            where TRank : struct, IRank => RunAny(job);

        // Some examples at a time: with more than 8 columns they are read again, from a near cache.
        public static void RunAny(in ThinJob job)
        {
            for (int example = 0; example < job.Count; example += ExamplesAtATime)
            {
                Dots.Run(
                    new TileJob
                    {
                        A = job.A + ((nint)example * job.Features),
                        RowStride = job.Features,
                        B = job.B,
                        BStride = job.Features,
                        Depth = job.Features,
                        C = job.C + ((nint)example * job.Rank),
                        CStride = job.Rank,
                        Scale = job.Scale,
                    },
                    Math.Min(ExamplesAtATime, job.Count - example),
                    job.Rank);
            }
        }
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

        public static void RunAny(in ThinJob job) =>
            AddOverExamples(job.A, job.Rank, job.Rank, job.B, job.BStride, job.Features, job.C, job.BStride, job.Count, job.Scale, add: true);
    }

    private readonly struct GradientOfDownProduct : IThinProduct
    {
        /// <summary>The features whose gradient is turned over while it is in a near cache.</summary>
        private const int FeaturesAtATime = 16 * Tile.MaxColumns;

        public static (int Units, int Least) UnitsOf(in ThinJob job) => (job.Features, FeaturesOfPart);

        // b's stride is that of x here.
        public static ThinJob Slice(in ThinJob job, int first, int count) => job with
        {
            A = job.A + first,
            BStride = job.Features,
            C = job.C + ((nint)first * job.Rank),
            Features = count,
        };

        public static void Run<TRank>(in ThinJob job)
            where TRank : struct, IRank => RunAny(job);

        // Tiles of the gradient's transpose, as wide as any, with the rank as their rows: those of the gradient itself would be as narrow as the rank.
        public static void RunAny(in ThinJob job)
        {
            fixed (float* transposed = Scratch.TakePacked(job.Rank * Math.Min(FeaturesAtATime, job.Features)))
            {
                for (int feature = 0; feature < job.Features; feature += FeaturesAtATime)
                {
                    int features = Math.Min(FeaturesAtATime, job.Features - feature);
                    AddOverExamples(job.B, job.Rank, job.Rank, job.A + feature, job.BStride, features, transposed, features, job.Count, 1, add: false);
                    Transposition.Run(transposed, features, job.Rank, features, job.C + ((nint)feature * job.Rank), job.Rank, add: true);
                }
            }
        }
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
