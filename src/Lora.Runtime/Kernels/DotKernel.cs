using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Lora;

/// <summary>
/// Scalar products of up to 3 rows of a with up to 8 rows of b, both read along their rows: what a product with a thin transposed matrix is made of.
/// </summary>
/// <remarks>
/// Each sum runs in the lanes of one register, and its lanes are added at the end. Rows and columns of the tile are compile-time constants.
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
        Accumulators<TLanes, TVector> c0 = default, c1 = default, c2 = default, c3 = default, c4 = default, c5 = default, c6 = default, c7 = default;
        float* a0 = job.A;
        float* a1 = TRows.Value > 1 ? a0 + job.RowStride : a0;
        float* a2 = TRows.Value > 2 ? a1 + job.RowStride : a0;
        float* b = job.B;
        byte* ahead = job.Ahead;
        nint row1 = job.BStride * sizeof(float);
        nint row3 = 3 * row1;
        nint row5 = 5 * row1;
        nint row7 = 7 * row1;
        int whole = job.Depth - (job.Depth % TLanes.Count);
        for (int segment = 0; segment < job.Segments; segment++)
        {
            Prefetch.StretchToSecondLevel(ahead, job.AheadBytes);
            nint at = 0;
            for (; at <= whole - (2 * TLanes.Count); at += 2 * TLanes.Count)
            {
                nint then = at + TLanes.Count;
                Step<TRows, TColumns>(
                    a0 + at, a1 + at, a2 + at, (byte*)(b + at), row1, row3, row5, row7, ref c0, ref c1, ref c2, ref c3, ref c4, ref c5, ref c6, ref c7);
                Step<TRows, TColumns>(
                    a0 + then, a1 + then, a2 + then, (byte*)(b + then), row1, row3, row5, row7, ref c0, ref c1, ref c2, ref c3, ref c4, ref c5, ref c6, ref c7);
            }

            if (at < whole)
            {
                Step<TRows, TColumns>(
                    a0 + at, a1 + at, a2 + at, (byte*)(b + at), row1, row3, row5, row7, ref c0, ref c1, ref c2, ref c3, ref c4, ref c5, ref c6, ref c7);
            }

            a0 += job.Depth;
            a1 += job.Depth;
            a2 += job.Depth;
            b += job.SegmentStride;
            ahead += sizeof(float) * job.SegmentStride;
        }

        float* sums = stackalloc float[DotSums.Length];
        TLanes.Sums(c0.Sum0, c1.Sum0, c2.Sum0, c3.Sum0, c4.Sum0, c5.Sum0, c6.Sum0, c7.Sum0).Store(sums);
        if (TRows.Value > 1)
        {
            TLanes.Sums(c0.Sum1, c1.Sum1, c2.Sum1, c3.Sum1, c4.Sum1, c5.Sum1, c6.Sum1, c7.Sum1).Store(sums + DotSums.MostColumns);
        }

        if (TRows.Value > 2)
        {
            TLanes.Sums(c0.Sum2, c1.Sum2, c2.Sum2, c3.Sum2, c4.Sum2, c5.Sum2, c6.Sum2, c7.Sum2).Store(sums + (2 * DotSums.MostColumns));
        }

        DotSums.Write(job, TRows.Value, TColumns.Value, whole, sums);
    }

    // A vector of each row.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step<TRows, TColumns>(
        float* a0, float* a1, float* a2, byte* b, nint row1, nint row3, nint row5, nint row7,
        ref Accumulators<TLanes, TVector> c0, ref Accumulators<TLanes, TVector> c1, ref Accumulators<TLanes, TVector> c2, ref Accumulators<TLanes, TVector> c3,
        ref Accumulators<TLanes, TVector> c4, ref Accumulators<TLanes, TVector> c5, ref Accumulators<TLanes, TVector> c6, ref Accumulators<TLanes, TVector> c7)
        where TRows : struct, ISize
        where TColumns : struct, ISize
    {
        TVector v0 = TLanes.Load(a0);
        TVector v1 = TRows.Value > 1 ? TLanes.Load(a1) : default;
        TVector v2 = TRows.Value > 2 ? TLanes.Load(a2) : default;
        KernelStep<TLanes, TVector, VectorOperand<TLanes, TVector>>.Add<TColumns, TRows>(
            b, row1, row3, row5, row7, v0, v1, v2, ref c0, ref c1, ref c2, ref c3, ref c4, ref c5, ref c6, ref c7);
    }
}
