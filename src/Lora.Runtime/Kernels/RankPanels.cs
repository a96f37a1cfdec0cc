using System.Runtime.Intrinsics;

namespace Lora;

/// <summary>Products whose depth is the rank, of any width, made of <see cref="RankPanel{TLanes, TVector, TRank}"/>.</summary>
internal static unsafe class RankPanels<TRank>
    where TRank : struct, IRank
{
    /// <summary>The registers of one column of a panel.</summary>
    public const int RegisterColumn = 8;

    private const int FloatsOfPage = 1024;

    /// <summary>Whether a panel of this rank fits into the registers of this machine.</summary>
    public static bool Fit => TRank.Value > 0 && TRank.Value <= RegisterColumn * RegisterColumns;

    // Eight registers each; what is left of 32, or of 16, is for the sums and what they are fed with.
    private static int RegisterColumns => VectorWidth.HasManyRegisters ? 3 : 1;

    /// <summary>c += scale·a·b: a [rows, rank], b [rank, columns] and c with the strides that the job says.</summary>
    public static void Run(in TileJob job, int rows, int columns)
    {
        int most = RowBlock(job.CStride);
        for (int row = 0; row < rows; row += most)
        {
            TileJob block = job;
            block.A += (nint)row * TRank.Value;
            block.C += row * job.CStride;
            RunColumns(block, Math.Min(most, rows - row), columns);
        }
    }

    /// <summary>The same in tiles where the panel does not fit, with the same bits: its columns' chains are those of the tile.</summary>
    public static void RunOrTile(in TileJob job, int rows, int columns)
    {
        if (Fit)
        {
            Run(job, rows, columns);
            return;
        }

        for (int step = 0; step < job.Depth; step += Tile.MaxDepth)
        {
            TileJob part = job;
            part.A += step;
            part.B += step * job.BStride;
            part.Depth = Math.Min(Tile.MaxDepth, job.Depth - step);
            Tile.Run(part, rows, columns);
        }
    }

    // The rows that a panel of b is loaded for: enough that its loading is little, so few that their parts of c do not drive each other out of a cache, where
    // rows that are pages apart fall into the same sets.
    private static int RowBlock(nint stride) => stride % FloatsOfPage == 0 ? 8 : 32;

    // Whole vectors of the widest kind, then of narrower ones, then what is left by a tile.
    private static void RunColumns(TileJob job, int rows, int columns)
    {
        int most = TRank.Value > RegisterColumn ? 1 : RegisterColumns;
        for (int lanes = VectorWidth.Lanes; lanes >= Tile.NarrowestVector; lanes /= 2)
        {
            while (columns >= lanes)
            {
                int vectors = Math.Min(most, columns / lanes);
                RunPanel(job, rows, vectors, lanes);
                job.B += vectors * lanes;
                job.C += vectors * lanes;
                columns -= vectors * lanes;
            }
        }

        if (columns > 0)
        {
            Tile.Run(job, rows, columns);
        }
    }

    private static void RunPanel(in TileJob job, int rows, int vectors, int lanes)
    {
        if (lanes == 16)
        {
            RankPanel<Lanes512, Vector512<float>, TRank>.Run(job, rows, vectors);
        }
        else if (lanes == 8)
        {
            RankPanel<Lanes256, Vector256<float>, TRank>.Run(job, rows, vectors);
        }
        else
        {
            RankPanel<Lanes128, Vector128<float>, TRank>.Run(job, rows, vectors);
        }
    }
}
