using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Lora;

/// <summary>The end of a <see cref="DotKernel{TLanes, TVector}"/>: adds up the lanes of its sums, and what is no whole vector.</summary>
internal static unsafe class DotSums
{
    /// <summary>The floats that the lanes of a tile's sums take.</summary>
    public const int Length = 3 * Columns * Stride;

    private const int Columns = 8;
    private const int Stride = 16;
    private const int Group = 4;

    /// <summary>Where the lanes of one sum lie.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float* At(float* sums, int row, int column) => sums + (((row * Columns) + column) * Stride);

    /// <summary>Writes the tile's part of c.</summary>
    [SkipLocalsInit]
    public static void Finish(in TileJob job, float* sums, int lanes, int rows, int columns)
    {
        float* totals = stackalloc float[Columns];
        for (int row = 0; row < rows; row++)
        {
            AddRest(job, sums, lanes, row, columns);
            for (int column = 0; column < columns; column += Group)
            {
                AddLanes(At(sums, row, column), lanes, totals + column);
            }

            Write(job, job.C + (row * job.CStride), totals, columns);
        }
    }

    private static void Write(in TileJob job, float* c, float* totals, int columns)
    {
        int column = 0;
        for (; column <= columns - Group; column += Group)
        {
            Vector128<float> product = job.Scale * Vector128.Load(totals + column);
            (job.Add ? Vector128.Load(c + column) + product : product).Store(c + column);
        }

        for (; column < columns; column++)
        {
            float product = job.Scale * totals[column];
            c[column] = job.Add ? c[column] + product : product;
        }
    }

    // Four sums at a time: each is folded to four lanes, and these are added across after a transposition.
    private static void AddLanes(float* sums, int lanes, float* totals)
    {
        Transposition.Four(
            Fold(sums, lanes),
            Fold(sums + Stride, lanes),
            Fold(sums + (2 * Stride), lanes),
            Fold(sums + (3 * Stride), lanes),
            out Vector128<float> t0,
            out Vector128<float> t1,
            out Vector128<float> t2,
            out Vector128<float> t3);
        ((t0 + t1) + (t2 + t3)).Store(totals);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Fold(float* lane, int lanes)
    {
        Vector128<float> low = Vector128.Load(lane);
        if (lanes == 4)
        {
            return low;
        }

        low += Vector128.Load(lane + 4);
        return lanes == 8 ? low : low + (Vector128.Load(lane + 8) + Vector128.Load(lane + 12));
    }

    // What is no whole vector goes into the first lanes of the sums.
    private static void AddRest(in TileJob job, float* sums, int lanes, int row, int columns)
    {
        int whole = job.Depth - (job.Depth % lanes);
        if (whole == job.Depth)
        {
            return;
        }

        float* a = job.A + (row * job.RowStride);
        for (int segment = 0; segment < job.Segments; segment++, a += job.Depth)
        {
            float* b = job.B + (segment * job.SegmentStride);
            for (int column = 0; column < columns; column++, b += job.BStride)
            {
                float* lane = At(sums, row, column);
                Vector128<float> sum = Vector128.Load(lane);
                int at = whole;
                for (; at <= job.Depth - Vector128<float>.Count; at += Vector128<float>.Count)
                {
                    sum = Vector128.MultiplyAddEstimate(Vector128.Load(a + at), Vector128.Load(b + at), sum);
                }

                sum.Store(lane);
                for (; at < job.Depth; at++)
                {
                    *lane += a[at] * b[at];
                }
            }
        }
    }
}
