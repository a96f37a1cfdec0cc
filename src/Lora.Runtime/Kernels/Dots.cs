using System.Runtime.Intrinsics;

namespace Lora;

/// <summary>Products with a transposed matrix, computed by <see cref="DotKernel{TLanes, TVector}"/> of this machine's vectors.</summary>
/// <remarks>A tile of b's rows serves all of a, and each tile of a asks meanwhile for one row of the next.</remarks>
internal static unsafe class Dots
{
    private const int TileRows = 3;

    // Three accumulators for each, beside the operands, fill the registers of the machine.
    private static int TileColumns => VectorWidth.TileRows;

    /// <summary>c = scale·a·bᵀ, or c += scale·a·bᵀ.</summary>
    /// <param name="job">The operands; <see cref="TileJob.BStride"/> is that of b's rows, <see cref="TileJob.SegmentStride"/> b's too, while a goes on.</param>
    /// <param name="rows">The rows of a.</param>
    /// <param name="columns">The rows of b.</param>
    public static void Run(in TileJob job, int rows, int columns)
    {
        for (int column = 0; column < columns; column += TileColumns)
        {
            for (int row = 0; row < rows; row += TileRows)
            {
                TileJob tile = job;
                tile.A += row * job.RowStride;
                tile.B += column * job.BStride;
                tile.C += (row * job.CStride) + column;
                tile.Ahead = (byte*)(tile.B + ((TileColumns + (row / TileRows)) * job.BStride));
                RunTile(tile, Math.Min(TileRows, rows - row), Math.Min(TileColumns, columns - column));
            }
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
