using System.Runtime.CompilerServices;

namespace Lora;

/// <summary>
/// The innermost kernel of every product: a tile of the result stays in registers while the sum runs, of up to 8 rows by 3 vectors where there are 32
/// registers, and of 6 by 2, 4 by 3 or 2 by 6 where there are 16.
/// </summary>
/// <remarks>
/// <code>
///                    b: Depth steps of 3 vectors
///                    ┌────┬────┬────┐
///                    │ b0 │ b1 │ b2 │
///    a: a number     └────┴────┴────┘
///    ┌───┐           ┌────┬────┬────┐
///    │a0 │ broadcast │ c00│ c01│ c02│
///    │a1 │     ×     │ c10│ c11│ c12│   c: in registers
///    │ ⋮ │           │  ⋮ │  ⋮ │  ⋮ │
///    │a7 │           │ c70│ c71│ c72│
///    └───┘           └────┴────┴────┘
/// </code>
/// Rows and vectors are compile-time constants: what a smaller tile does not need, its compilation leaves out. Each element is one chain of additions in
/// the order of the depth, whatever the tile it falls into.
/// </remarks>
internal static unsafe class TileKernel<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : struct
{
    // From so many steps on, c's rows and the next tile's are asked for, one after another through the first half of the sum.
    private const int DeepSum = 64;

    private const int StepsUntilSoon = 8;
    private const int FloatsOfCacheLine = 16;

    // In bytes: four cache lines.
    private const int BeginningOfRow = 256;

    /// <summary>Computes one tile.</summary>
    /// <param name="job">The operands.</param>
    /// <param name="rows">Its rows: 1 to 8.</param>
    /// <param name="vectors">Its width in vectors: 1 to 3, or 6 for up to two rows.</param>
    public static void Run(in TileJob job, int rows, int vectors)
    {
        if (vectors > 3)
        {
            RunWide(job, rows);
            return;
        }

        switch ((3 * rows) + vectors)
        {
            case 4:
                Run<Size1, Size1>(job);
                break;
            case 5:
                Run<Size1, Size2>(job);
                break;
            case 6:
                Run<Size1, Size3>(job);
                break;
            case 7:
                Run<Size2, Size1>(job);
                break;
            case 8:
                Run<Size2, Size2>(job);
                break;
            case 9:
                Run<Size2, Size3>(job);
                break;
            case 10:
                Run<Size3, Size1>(job);
                break;
            case 11:
                Run<Size3, Size2>(job);
                break;
            case 12:
                Run<Size3, Size3>(job);
                break;
            case 13:
                Run<Size4, Size1>(job);
                break;
            case 14:
                Run<Size4, Size2>(job);
                break;
            case 15:
                Run<Size4, Size3>(job);
                break;
            case 16:
                Run<Size5, Size1>(job);
                break;
            case 17:
                Run<Size5, Size2>(job);
                break;
            case 18:
                Run<Size5, Size3>(job);
                break;
            case 19:
                Run<Size6, Size1>(job);
                break;
            case 20:
                Run<Size6, Size2>(job);
                break;
            case 21:
                Run<Size6, Size3>(job);
                break;
            case 22:
                Run<Size7, Size1>(job);
                break;
            case 23:
                Run<Size7, Size2>(job);
                break;
            case 24:
                Run<Size7, Size3>(job);
                break;
            case 25:
                Run<Size8, Size1>(job);
                break;
            case 26:
                Run<Size8, Size2>(job);
                break;
            case 27:
                Run<Size8, Size3>(job);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(rows));
        }
    }

    private static void RunWide(in TileJob job, int rows)
    {
        if (rows == 1)
        {
            Run<Size1, Size6>(job);
        }
        else
        {
            Run<Size2, Size6>(job);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Run<TRows, TVectors>(in TileJob job)
        where TRows : struct, ISize
        where TVectors : struct, ISize
    {
        TVector c00 = default, c01 = default, c02 = default;
        TVector c10 = default, c11 = default, c12 = default;
        TVector c20 = default, c21 = default, c22 = default;
        TVector c30 = default, c31 = default, c32 = default;
        TVector c40 = default, c41 = default, c42 = default;
        TVector c50 = default, c51 = default, c52 = default;
        TVector c60 = default, c61 = default, c62 = default;
        TVector c70 = default, c71 = default, c72 = default;
        TVector c03 = default, c04 = default, c05 = default;
        TVector c13 = default, c14 = default, c15 = default;
        nint stride = job.RowStride;
        float* a = job.A;
        float* a3 = a + (3 * stride);
        float* a6 = a3 + (3 * stride);
        float* b = job.B;
        nint step = job.Step;
        nint bStride = job.BStride;
        nint soon = StepsUntilSoon * bStride;
        int depthOfFirst = job.Segments > 0 ? job.Depth : job.Rest;
        int askAt = depthOfFirst < DeepSum ? 0 : depthOfFirst;
        int asked = 0;
        for (int segment = 0; segment <= job.Segments; segment++)
        {
            byte* ahead = job.Ahead + (segment * job.AheadStride);
            for (int left = segment < job.Segments ? job.Depth : job.Rest; left > 0; left -= TileJob.StepsOfGroup)
            {
                if (left <= job.AheadSteps)
                {
                    Prefetch.ToSecondLevel(ahead, job.AheadStream, job.AheadBytes);
                    ahead += job.AheadStep;
                }

                if (left <= askAt && asked < TRows.Value)
                {
                    AskForRow<TVectors>(job.C + (asked * job.CStride), job.A + ((TRows.Value + asked) * stride));
                    asked++;
                    askAt -= depthOfFirst / (2 * TRows.Value);
                }

                float* end = a + (Math.Min(left, TileJob.StepsOfGroup) * step);
                do
                {
                    TVector b0 = TLanes.Load(b);
                    TVector b1 = TVectors.Value > 1 ? TLanes.Load(b + TLanes.Count) : default;
                    TVector b2 = TVectors.Value > 2 ? TLanes.Load(b + (2 * TLanes.Count)) : default;
                    AskForSoon<TVectors>(b + soon);

                    TVector b3 = TVectors.Value > 3 ? TLanes.Load(b + (3 * TLanes.Count)) : default;
                    TVector b4 = TVectors.Value > 3 ? TLanes.Load(b + (4 * TLanes.Count)) : default;
                    TVector b5 = TVectors.Value > 3 ? TLanes.Load(b + (5 * TLanes.Count)) : default;
                    TVector v0 = TLanes.Broadcast(a[0]);
                    c00 = TLanes.MultiplyAdd(v0, b0, c00);
                    c01 = TVectors.Value > 1 ? TLanes.MultiplyAdd(v0, b1, c01) : default;
                    c02 = TVectors.Value > 2 ? TLanes.MultiplyAdd(v0, b2, c02) : default;
                    c03 = TVectors.Value > 3 ? TLanes.MultiplyAdd(v0, b3, c03) : default;
                    c04 = TVectors.Value > 3 ? TLanes.MultiplyAdd(v0, b4, c04) : default;
                    c05 = TVectors.Value > 3 ? TLanes.MultiplyAdd(v0, b5, c05) : default;

                    if (TRows.Value > 1)
                    {
                        TVector v1 = TLanes.Broadcast(a[stride]);
                        c10 = TLanes.MultiplyAdd(v1, b0, c10);
                        c11 = TVectors.Value > 1 ? TLanes.MultiplyAdd(v1, b1, c11) : default;
                        c12 = TVectors.Value > 2 ? TLanes.MultiplyAdd(v1, b2, c12) : default;
                        c13 = TVectors.Value > 3 ? TLanes.MultiplyAdd(v1, b3, c13) : default;
                        c14 = TVectors.Value > 3 ? TLanes.MultiplyAdd(v1, b4, c14) : default;
                        c15 = TVectors.Value > 3 ? TLanes.MultiplyAdd(v1, b5, c15) : default;
                    }

                    if (TRows.Value > 2)
                    {
                        TVector v2 = TLanes.Broadcast(a[2 * stride]);
                        c20 = TLanes.MultiplyAdd(v2, b0, c20);
                        c21 = TVectors.Value > 1 ? TLanes.MultiplyAdd(v2, b1, c21) : default;
                        c22 = TVectors.Value > 2 ? TLanes.MultiplyAdd(v2, b2, c22) : default;
                    }

                    if (TRows.Value > 3)
                    {
                        TVector v3 = TLanes.Broadcast(a3[0]);
                        c30 = TLanes.MultiplyAdd(v3, b0, c30);
                        c31 = TVectors.Value > 1 ? TLanes.MultiplyAdd(v3, b1, c31) : default;
                        c32 = TVectors.Value > 2 ? TLanes.MultiplyAdd(v3, b2, c32) : default;
                    }

                    if (TRows.Value > 4)
                    {
                        TVector v4 = TLanes.Broadcast(a3[stride]);
                        c40 = TLanes.MultiplyAdd(v4, b0, c40);
                        c41 = TVectors.Value > 1 ? TLanes.MultiplyAdd(v4, b1, c41) : default;
                        c42 = TVectors.Value > 2 ? TLanes.MultiplyAdd(v4, b2, c42) : default;
                    }

                    if (TRows.Value > 5)
                    {
                        TVector v5 = TLanes.Broadcast(a3[2 * stride]);
                        c50 = TLanes.MultiplyAdd(v5, b0, c50);
                        c51 = TVectors.Value > 1 ? TLanes.MultiplyAdd(v5, b1, c51) : default;
                        c52 = TVectors.Value > 2 ? TLanes.MultiplyAdd(v5, b2, c52) : default;
                    }

                    if (TRows.Value > 6)
                    {
                        TVector v6 = TLanes.Broadcast(a6[0]);
                        c60 = TLanes.MultiplyAdd(v6, b0, c60);
                        c61 = TVectors.Value > 1 ? TLanes.MultiplyAdd(v6, b1, c61) : default;
                        c62 = TVectors.Value > 2 ? TLanes.MultiplyAdd(v6, b2, c62) : default;
                    }

                    if (TRows.Value > 7)
                    {
                        TVector v7 = TLanes.Broadcast(a6[stride]);
                        c70 = TLanes.MultiplyAdd(v7, b0, c70);
                        c71 = TVectors.Value > 1 ? TLanes.MultiplyAdd(v7, b1, c71) : default;
                        c72 = TVectors.Value > 2 ? TLanes.MultiplyAdd(v7, b2, c72) : default;
                    }

                    a += step;
                    a3 += step;
                    a6 += step;
                    b += bStride;
                }
                while (a != end);
            }
        }

        float* c = job.C;
        TVector scale = TLanes.Broadcast(job.Scale);
        Store<TVectors>(job, c, 0, scale, c00, c01, c02);
        if (TVectors.Value > 3)
        {
            Store<TVectors>(job, c, 3 * TLanes.Count, scale, c03, c04, c05);
        }

        if (TRows.Value > 1)
        {
            Store<TVectors>(job, c += job.CStride, 0, scale, c10, c11, c12);
            if (TVectors.Value > 3)
            {
                Store<TVectors>(job, c, 3 * TLanes.Count, scale, c13, c14, c15);
            }
        }

        if (TRows.Value > 2)
        {
            Store<TVectors>(job, c += job.CStride, 0, scale, c20, c21, c22);
        }

        if (TRows.Value > 3)
        {
            Store<TVectors>(job, c += job.CStride, 0, scale, c30, c31, c32);
        }

        if (TRows.Value > 4)
        {
            Store<TVectors>(job, c += job.CStride, 0, scale, c40, c41, c42);
        }

        if (TRows.Value > 5)
        {
            Store<TVectors>(job, c += job.CStride, 0, scale, c50, c51, c52);
        }

        if (TRows.Value > 6)
        {
            Store<TVectors>(job, c += job.CStride, 0, scale, c60, c61, c62);
        }

        if (TRows.Value > 7)
        {
            Store<TVectors>(job, c += job.CStride, 0, scale, c70, c71, c72);
        }
    }

    // A tile of the widest vectors reads b from the second-level cache as fast as that gives it.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AskForSoon<TVectors>(float* b)
        where TVectors : struct, ISize
    {
        if (TLanes.Count == FloatsOfCacheLine)
        {
            AskFor<TVectors>(b);
        }
    }

    // A row of c, as a result as large as a layer's lies in no near cache; and the begin of a row of the next tile: a processor that sees a row being read
    // asks for what follows by itself.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AskForRow<TVectors>(float* c, float* a)
        where TVectors : struct, ISize
    {
        AskFor<TVectors>(c);
        Prefetch.StretchToSecondLevel((byte*)a, BeginningOfRow);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AskFor<TVectors>(float* row)
        where TVectors : struct, ISize
    {
        Prefetch.ToFirstLevel(row);
        if (TVectors.Value > 1)
        {
            Prefetch.ToFirstLevel(row + TLanes.Count);
        }

        if (TVectors.Value > 2)
        {
            Prefetch.ToFirstLevel(row + (2 * TLanes.Count));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<TVectors>(in TileJob job, float* row, int column, TVector scale, TVector c0, TVector c1, TVector c2)
        where TVectors : struct, ISize
    {
        float* c = row + column;
        float* addend = job.Add ? c : job.Bias == null ? null : job.Bias + column;
        Store(c, addend, scale, c0);
        if (TVectors.Value > 1)
        {
            Store(c + TLanes.Count, addend == null ? null : addend + TLanes.Count, scale, c1);
        }

        if (TVectors.Value > 2)
        {
            Store(c + (2 * TLanes.Count), addend == null ? null : addend + (2 * TLanes.Count), scale, c2);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(float* c, float* addend, TVector scale, TVector value) =>
        TLanes.Store(c, TLanes.MultiplyAdd(value, scale, addend == null ? default : TLanes.Load(addend)));
}
