using System.Runtime.Intrinsics;

namespace Lora;

/// <summary>The end of a <see cref="DotKernel{TLanes, TVector}"/>: adds what is no whole vector, and writes.</summary>
internal static unsafe class DotSums
{
    /// <summary>The most columns of a tile.</summary>
    public const int MostColumns = 8;

    /// <summary>The sums of a tile.</summary>
    public const int Length = 3 * MostColumns;

    /// <summary>Writes the tile's part of c.</summary>
    /// <param name="job">The operands.</param>
    /// <param name="rows">Its rows.</param>
    /// <param name="columns">Its columns.</param>
    /// <param name="whole">The steps of a segment that are in the sums.</param>
    /// <param name="sums">The sums, up to there: <see cref="MostColumns"/> a row.</param>
    public static void Write(in TileJob job, int rows, int columns, int whole, float* sums)
    {
        for (int row = 0; row < rows; row++)
        {
            float* c = job.C + (row * job.CStride);
            Vector256<float> products = job.Scale * (whole == job.Depth ? Vector256.Load(sums) : Vector256.Load(sums) + Rest(job, row, columns, whole));
            if (columns == MostColumns)
            {
                (job.Add ? Vector256.Load(c) + products : products).Store(c);
            }
            else
            {
                products.Store(sums);
                for (int column = 0; column < columns; column++)
                {
                    c[column] = job.Add ? c[column] + sums[column] : sums[column];
                }
            }

            sums += MostColumns;
        }
    }

    // The sums over what is no whole vector, in lanes of their own.
    private static Vector256<float> Rest(in TileJob job, int row, int columns, int whole)
    {
        float* lanes = stackalloc float[MostColumns * Tile.NarrowestVector];
        for (int column = 0; column < columns; column++)
        {
            float* a = job.A + (row * job.RowStride);
            float* b = job.B + (column * job.BStride);
            Vector128<float> sum = Vector128<float>.Zero;
            for (int segment = 0; segment < job.Segments; segment++, a += job.Depth, b += job.SegmentStride)
            {
                int at = whole;
                for (; at <= job.Depth - Lanes128.Count; at += Lanes128.Count)
                {
                    sum = Vector128.MultiplyAddEstimate(Vector128.Load(a + at), Vector128.Load(b + at), sum);
                }

                for (; at < job.Depth; at++)
                {
                    sum += Vector128.CreateScalar(a[at] * b[at]);
                }
            }

            sum.Store(lanes + (column * Lanes128.Count));
        }

        return Lanes128.Sums(
            Vector128.Load(lanes),
            Vector128.Load(lanes + Lanes128.Count),
            Vector128.Load(lanes + (2 * Lanes128.Count)),
            Vector128.Load(lanes + (3 * Lanes128.Count)),
            Vector128.Load(lanes + (4 * Lanes128.Count)),
            Vector128.Load(lanes + (5 * Lanes128.Count)),
            Vector128.Load(lanes + (6 * Lanes128.Count)),
            Vector128.Load(lanes + (7 * Lanes128.Count)));
    }
}
