using System.Runtime.Intrinsics;

namespace Lora;

internal static unsafe partial class LowRank
{
    /// <summary>The examples whose part of a gradient is summed before it is added: their rows stay in the nearest cache.</summary>
    private const int ExampleBlock = 64;

    /// <summary>The floats of one line of a cache.</summary>
    private const int CacheLine = 16;

    private readonly struct DownProduct : IThinProduct
    {
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

    private readonly struct UpProduct : IThinProduct
    {
        public static void Run<TRank>(in ThinJob job)
            where TRank : struct, IRank
        {
            if (RankPanels<TRank>.Fit)
            {
                RankPanels<TRank>.Run(ThinTile(job, job.B, job.Features), job.Count, job.Features);
            }
            else
            {
                RunAny(job);
            }
        }

        // The bits of the panel: its columns' chains are those of the tile.
        public static void RunAny(in ThinJob job) => AddThin(job, job.B, job.Features);
    }

    private readonly struct GradientOfDownProduct : IThinProduct
    {
        /// <summary>The most rows of a tile.</summary>
        private const int NarrowRank = 8;

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
                ThinJob sums = job;
                sums.A = job.B;
                sums.B = job.A;
                sums.C = transposed;
                AddOverExamples(sums, TRank.Value, job.Features, add: false);
                Transposition.Run(transposed, job.Features, TRank.Value, job.Features, job.C, TRank.Value, add: true);
            }
        }

        public static void RunAny(in ThinJob job)
        {
            if (job.Rank % Tile.NarrowestVector != 0)
            {
                MatrixProduct.Multiply(
                    new ReadOnlySpan<float>(job.A, job.Count * job.Features),
                    transposeA: true,
                    new ReadOnlySpan<float>(job.B, job.Count * job.Rank),
                    transposeB: false,
                    new Span<float>(job.C, job.Features * job.Rank),
                    job.Features,
                    job.Rank,
                    job.Count,
                    add: true);
                return;
            }

            AddOverExamples(job, job.Features, job.Rank, add: true);
        }
    }

    private readonly struct GradientOfInputProduct : IThinProduct
    {
        public static void Run<TRank>(in ThinJob job)
            where TRank : struct, IRank
        {
            if (!RankPanels<TRank>.Fit)
            {
                RunAny(job);
                return;
            }

            fixed (float* transposed = Transposed(job))
            {
                RankPanels<TRank>.Run(ThinTile(job, transposed, TransposedStride(job)), job.Count, job.Features);
            }
        }

        public static void RunAny(in ThinJob job)
        {
            fixed (float* transposed = Transposed(job))
            {
                AddThin(job, transposed, TransposedStride(job));
            }
        }

        // A's transpose, [rank, features].
        private static Span<float> Transposed(in ThinJob job)
        {
            int stride = TransposedStride(job);
            Span<float> memory = Scratch.TakePacked(stride * job.Rank);
            fixed (float* transposed = memory)
            {
                Transposition.Run(job.B, job.Rank, job.Features, job.Rank, transposed, stride, add: false);
            }

            return memory;
        }

        // Rows that are pages apart would fall into the same sets of a cache.
        private static int TransposedStride(in ThinJob job) => job.Features + CacheLine;
    }

    // c [count, features] += scale·a·b, where b [rank, features].
    private static void AddThin(in ThinJob job, float* b, nint bStride)
    {
        for (int step = 0; step < job.Rank; step += Tile.MaxDepth)
        {
            TileJob part = ThinTile(job, b + (step * bStride), bStride);
            part.A += step;
            part.Depth = Math.Min(Tile.MaxDepth, job.Rank - step);
            Tile.Run(part, job.Count, job.Features);
        }
    }

    private static TileJob ThinTile(in ThinJob job, float* b, nint bStride) => new()
    {
        A = job.A,
        RowStride = job.Rank,
        B = b,
        BStride = bStride,
        Depth = job.Rank,
        C = job.C,
        CStride = job.Features,
        Scale = job.Scale,
        Add = true,
    };

    // c [rows, columns] += scale·aᵀ·b, where a [count, rows] and b [count, columns].
    private static void AddOverExamples(in ThinJob job, int rows, int columns, bool add)
    {
        for (int example = 0; example < job.Count; example += ExampleBlock)
        {
            Tile.Run(
                new TileJob
                {
                    A = job.A + ((nint)example * rows),
                    RowStride = 1,
                    Step = rows,
                    B = job.B + ((nint)example * columns),
                    BStride = columns,
                    Depth = Math.Min(ExampleBlock, job.Count - example),
                    C = job.C,
                    CStride = columns,
                    Scale = job.Scale,
                    Add = add || example > 0,
                },
                rows,
                columns);
        }
    }
}
