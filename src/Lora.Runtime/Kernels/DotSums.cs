using System.Runtime.Intrinsics;

namespace Lora;

/// <summary>The end of a <see cref="DotKernel{TLanes, TVector}"/>: adds what is no whole vector, and writes.</summary>
internal static unsafe class DotSums
{
    /// <summary>The most columns of a tile.</summary>
    public const int Columns = 8;

    /// <summary>The sums of a tile.</summary>
    public const int Length = 3 * Columns;

    /// <summary>Writes the tile's part of c.</summary>
    /// <param name="job">The operands.</param>
    /// <param name="rows">Its rows.</param>
    /// <param name="columns">Its columns.</param>
    /// <param name="whole">The steps of a segment that are in the sums.</param>
    /// <param name="sums">The sums, up to there: <see cref="Columns"/> a row.</param>
    public static void Write(in TileJob job, int rows, int columns, int whole, float* sums)
    {
        for (int row = 0; row < rows; row++)
        {
            float* c = job.C + (row * job.CStride);
            if (columns == Columns && whole == job.Depth)
            {
                Vector256<float> product = job.Scale * Vector256.Load(sums);
                (job.Add ? Vector256.Load(c) + product : product).Store(c);
            }
            else
            {
                for (int column = 0; column < columns; column++)
                {
                    float product = job.Scale * (sums[column] + Rest(job, row, column, whole));
                    c[column] = job.Add ? c[column] + product : product;
                }
            }

            sums += Columns;
        }
    }

    private static float Rest(in TileJob job, int row, int column, int whole)
    {
        float* a = job.A + (row * job.RowStride);
        float* b = job.B + (column * job.BStride);
        float sum = 0;
        for (int segment = 0; segment < job.Segments; segment++, a += job.Depth, b += job.SegmentStride)
        {
            int at = whole;
            for (; at <= job.Depth - Vector128<float>.Count; at += Vector128<float>.Count)
            {
                sum += Vector128.Dot(Vector128.Load(a + at), Vector128.Load(b + at));
            }

            for (; at < job.Depth; at++)
            {
                sum += a[at] * b[at];
            }
        }

        return sum;
    }
}
