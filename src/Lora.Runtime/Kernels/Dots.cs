using System.Runtime.Intrinsics;

namespace Lora;

/// <summary>Products with a transposed matrix, computed by <see cref="DotKernel{TLanes, TVector}"/> of this machine's vectors.</summary>
/// <remarks>A tile of b's rows serves all of a; where b has segments, the tiles of a ask for the next rows of b meanwhile, each for an equal part.</remarks>
internal static unsafe class Dots
{
    private const int TileRows = 3;

    // Three accumulators for each, beside the operands, fill the registers of the machine.
    private static int TileColumns => VectorWidth.HasManyRegisters ? 8 : 4;

    /// <summary>c = scale·a·bᵀ, or c += scale·a·bᵀ.</summary>
    /// <param name="job">The operands; <see cref="TileJob.BStride"/> is that of b's rows, <see cref="TileJob.SegmentStride"/> b's too, while a goes on.</param>
    /// <param name="rows">The rows of a.</param>
    /// <param name="columns">The rows of b.</param>
    /// <param name="next">The b that is most likely read after this, or null.</param>
    public static void Run(TileJob job, int rows, int columns, float* next = null)
    {
        if (rows == 0)
        {
            return;
        }

        int tiles = Blocks.Count(rows, TileRows);
        nint bytesOfTile = TileColumns * job.BStride * sizeof(float);
        float* a = job.A;
        float* c = job.C;
        nint bytesOfShare = job.Segments > 1 ? Blocks.Count((int)bytesOfTile, tiles * Prefetch.CacheLine) * Prefetch.CacheLine : 0;
        for (int column = 0; column < columns; column += TileColumns)
        {
            job.A = a;
            job.C = c + column;
            job.Ahead = column + TileColumns < columns ? (byte*)job.B + bytesOfTile : (byte*)next;
            job.AheadBytes = job.Ahead == null ? 0 : bytesOfShare;
            byte* end = job.Ahead + bytesOfTile;
            for (int row = 0; row < rows; row += TileRows)
            {
                RunTile(job, Math.Min(TileRows, rows - row), Math.Min(TileColumns, columns - column));
                job.A += TileRows * job.RowStride;
                job.C += TileRows * job.CStride;
                job.Ahead += job.AheadBytes;
                job.AheadBytes = job.Ahead < end ? job.AheadBytes : 0;
            }

            job.B += TileColumns * job.BStride;
        }
    }

    private static void RunTile(in TileJob job, int rows, int columns)
    {
        if (VectorWidth.Has512)
        {
            DotKernel<Lanes512, Vector512<float>>.Run(job, rows, columns);
        }
        else if (VectorWidth.Has256)
        {
            DotKernel<Lanes256, Vector256<float>>.Run(job, rows, columns);
        }
        else
        {
            DotKernel<Lanes128, Vector128<float>>.Run(job, rows, columns);
        }
    }
}
