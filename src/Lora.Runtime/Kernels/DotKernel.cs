using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Lora;

/// <summary>
/// Scalar products of up to 3 rows of a with up to 8 rows of b, both read along their rows: what a product with a thin transposed matrix is made of.
/// </summary>
/// <remarks>
/// Each of the 24 sums runs in the lanes of one register, and its lanes are added at the end. Rows and columns of the tile are compile-time constants.
/// </remarks>
internal static unsafe class DotKernel<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : struct
{
    /// <summary>c = scale·a·bᵀ, or c += scale·a·bᵀ, for one tile.</summary>
    /// <param name="job">The operands; <see cref="TileJob.BStride"/> is that of b's rows, <see cref="TileJob.SegmentStride"/> b's too, while a goes on.</param>
    /// <param name="rows">The rows of a: 1 to 3.</param>
    /// <param name="columns">The rows of b: 1 to 8.</param>
    public static void Run(in TileJob job, int rows, int columns)
    {
        switch ((8 * rows) + columns - 1)
        {
            case 8:
                Run<Size1, Size1>(job);
                break;
            case 9:
                Run<Size1, Size2>(job);
                break;
            case 10:
                Run<Size1, Size3>(job);
                break;
            case 11:
                Run<Size1, Size4>(job);
                break;
            case 12:
                Run<Size1, Size5>(job);
                break;
            case 13:
                Run<Size1, Size6>(job);
                break;
            case 14:
                Run<Size1, Size7>(job);
                break;
            case 15:
                Run<Size1, Size8>(job);
                break;
            case 16:
                Run<Size2, Size1>(job);
                break;
            case 17:
                Run<Size2, Size2>(job);
                break;
            case 18:
                Run<Size2, Size3>(job);
                break;
            case 19:
                Run<Size2, Size4>(job);
                break;
            case 20:
                Run<Size2, Size5>(job);
                break;
            case 21:
                Run<Size2, Size6>(job);
                break;
            case 22:
                Run<Size2, Size7>(job);
                break;
            case 23:
                Run<Size2, Size8>(job);
                break;
            case 24:
                Run<Size3, Size1>(job);
                break;
            case 25:
                Run<Size3, Size2>(job);
                break;
            case 26:
                Run<Size3, Size3>(job);
                break;
            case 27:
                Run<Size3, Size4>(job);
                break;
            case 28:
                Run<Size3, Size5>(job);
                break;
            case 29:
                Run<Size3, Size6>(job);
                break;
            case 30:
                Run<Size3, Size7>(job);
                break;
            case 31:
                Run<Size3, Size8>(job);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(rows));
        }
    }

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Run<TRows, TColumns>(in TileJob job)
        where TRows : struct, ISize
        where TColumns : struct, ISize
    {
        TVector c00 = default, c10 = default, c20 = default;
        TVector c01 = default, c11 = default, c21 = default;
        TVector c02 = default, c12 = default, c22 = default;
        TVector c03 = default, c13 = default, c23 = default;
        TVector c04 = default, c14 = default, c24 = default;
        TVector c05 = default, c15 = default, c25 = default;
        TVector c06 = default, c16 = default, c26 = default;
        TVector c07 = default, c17 = default, c27 = default;
        float* a0 = job.A;
        float* a1 = TRows.Value > 1 ? a0 + job.RowStride : a0;
        float* a2 = TRows.Value > 2 ? a1 + job.RowStride : a0;
        float* b = job.B;
        byte* ahead = job.Ahead;
        nint aheadBytes = job.AheadBytes;
        nint stride = job.BStride;
        int whole = job.Depth - (job.Depth % TLanes.Count);
        for (int segment = 0; segment < job.Segments; segment++)
        {
            Prefetch.StretchToSecondLevel(ahead, aheadBytes);
            for (int at = 0; at < whole; at += TLanes.Count)
            {
                TVector v0 = TLanes.Load(a0 + at);
                TVector v1 = TRows.Value > 1 ? TLanes.Load(a1 + at) : default;
                TVector v2 = TRows.Value > 2 ? TLanes.Load(a2 + at) : default;
                float* row = b + at;
                TVector b0 = TLanes.Load(row);
                c00 = TLanes.MultiplyAdd(v0, b0, c00);
                c10 = TRows.Value > 1 ? TLanes.MultiplyAdd(v1, b0, c10) : default;
                c20 = TRows.Value > 2 ? TLanes.MultiplyAdd(v2, b0, c20) : default;
                if (TColumns.Value > 1)
                {
                    TVector b1 = TLanes.Load(row += stride);
                    c01 = TLanes.MultiplyAdd(v0, b1, c01);
                    c11 = TRows.Value > 1 ? TLanes.MultiplyAdd(v1, b1, c11) : default;
                    c21 = TRows.Value > 2 ? TLanes.MultiplyAdd(v2, b1, c21) : default;
                }

                if (TColumns.Value > 2)
                {
                    TVector b2 = TLanes.Load(row += stride);
                    c02 = TLanes.MultiplyAdd(v0, b2, c02);
                    c12 = TRows.Value > 1 ? TLanes.MultiplyAdd(v1, b2, c12) : default;
                    c22 = TRows.Value > 2 ? TLanes.MultiplyAdd(v2, b2, c22) : default;
                }

                if (TColumns.Value > 3)
                {
                    TVector b3 = TLanes.Load(row += stride);
                    c03 = TLanes.MultiplyAdd(v0, b3, c03);
                    c13 = TRows.Value > 1 ? TLanes.MultiplyAdd(v1, b3, c13) : default;
                    c23 = TRows.Value > 2 ? TLanes.MultiplyAdd(v2, b3, c23) : default;
                }

                if (TColumns.Value > 4)
                {
                    TVector b4 = TLanes.Load(row += stride);
                    c04 = TLanes.MultiplyAdd(v0, b4, c04);
                    c14 = TRows.Value > 1 ? TLanes.MultiplyAdd(v1, b4, c14) : default;
                    c24 = TRows.Value > 2 ? TLanes.MultiplyAdd(v2, b4, c24) : default;
                }

                if (TColumns.Value > 5)
                {
                    TVector b5 = TLanes.Load(row += stride);
                    c05 = TLanes.MultiplyAdd(v0, b5, c05);
                    c15 = TRows.Value > 1 ? TLanes.MultiplyAdd(v1, b5, c15) : default;
                    c25 = TRows.Value > 2 ? TLanes.MultiplyAdd(v2, b5, c25) : default;
                }

                if (TColumns.Value > 6)
                {
                    TVector b6 = TLanes.Load(row += stride);
                    c06 = TLanes.MultiplyAdd(v0, b6, c06);
                    c16 = TRows.Value > 1 ? TLanes.MultiplyAdd(v1, b6, c16) : default;
                    c26 = TRows.Value > 2 ? TLanes.MultiplyAdd(v2, b6, c26) : default;
                }

                if (TColumns.Value > 7)
                {
                    TVector b7 = TLanes.Load(row += stride);
                    c07 = TLanes.MultiplyAdd(v0, b7, c07);
                    c17 = TRows.Value > 1 ? TLanes.MultiplyAdd(v1, b7, c17) : default;
                    c27 = TRows.Value > 2 ? TLanes.MultiplyAdd(v2, b7, c27) : default;
                }
            }

            a0 += job.Depth;
            a1 += job.Depth;
            a2 += job.Depth;
            b += job.SegmentStride;
            ahead += sizeof(float) * job.SegmentStride;
        }

        float* sums = stackalloc float[DotSums.Length];
        TLanes.Sums(c00, c01, c02, c03, c04, c05, c06, c07).Store(sums);
        if (TRows.Value > 1)
        {
            TLanes.Sums(c10, c11, c12, c13, c14, c15, c16, c17).Store(sums + DotSums.MostColumns);
        }

        if (TRows.Value > 2)
        {
            TLanes.Sums(c20, c21, c22, c23, c24, c25, c26, c27).Store(sums + (2 * DotSums.MostColumns));
        }

        DotSums.Write(job, TRows.Value, TColumns.Value, whole, sums);
    }
}
