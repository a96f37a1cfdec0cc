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
    // From so many steps on, c's rows and the next tile's are asked for, one after another through the first half of the sum; at most one in a group of so many.
    private const int DeepSum = 128;
    private const int LeastGroup = 32;

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
            RunWide(job, rows, vectors);
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

    private static void RunWide(in TileJob job, int rows, int vectors)
    {
        switch ((rows, vectors))
        {
            case (1, 6):
                Run<Size1, Size6>(job);
                break;
            case (2, 6):
                Run<Size2, Size6>(job);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(vectors));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Run<TRows, TVectors>(in TileJob job)
        where TRows : struct, ISize
        where TVectors : struct, ISize
    {
        Accumulators<TLanes, TVector> r0 = default, r1 = default, r2 = default, r3 = default, r4 = default, r5 = default, r6 = default, r7 = default;
        Accumulators<TLanes, TVector> s0 = default, s1 = default; // The second three vectors of a tile of six.
        nint row1 = job.RowStride * sizeof(float);
        nint row3 = 3 * row1;
        byte* a = (byte*)job.A;
        byte* b = (byte*)job.B;
        int depthOfFirst = job.Segments > 0 ? job.Depth : job.Rest;
        int askAt = depthOfFirst < DeepSum ? 0 : depthOfFirst;
        int asked = 0;
        int stepsPerRow = depthOfFirst / (2 * TRows.Value);
        int longGroup = depthOfFirst < DeepSum ? DeepSum : Math.Max(LeastGroup, stepsPerRow);
        nint bStride = job.BStride * sizeof(float);
        int lastSegment = job.UpdateDepth > 0 ? job.Segments + 1 : job.Segments;
        for (int segment = 0; segment <= lastSegment; segment++)
        {
            byte* ahead = job.Ahead + (segment * job.AheadStride);
            int left = segment < job.Segments ? job.Depth : job.Rest;
            int aheadSteps = job.AheadSteps;
            if (segment > job.Segments)
            {
                left = job.UpdateDepth;
                aheadSteps = 0;
                a = (byte*)job.UpdateA;
                b = (byte*)job.UpdateB;
                row1 = (nint)left * sizeof(float);
                row3 = 3 * row1;
                bStride = PackedPanels.PanelRows * sizeof(float);
            }

            while (left > 0)
            {
                int steps;
                if (left <= aheadSteps)
                {
                    Prefetch.ToSecondLevel(ahead, job.AheadStream, job.AheadBytes);
                    ahead += job.AheadStep;
                    steps = Math.Min(left, TileJob.StepsOfGroup);
                }
                else
                {
                    steps = Math.Min(left - aheadSteps, longGroup);
                }

                if (left <= askAt && asked < TRows.Value)
                {
                    AskForRow<TVectors>(job.C + (asked * job.CStride), job.A + ((TRows.Value + asked) * job.RowStride));
                    asked++;
                    askAt -= stepsPerRow;
                }

                left -= steps;

                // What the steps alone need has registers for as long as they run.
                nint row5 = row3 + (2 * row1);
                nint row7 = row3 + (4 * row1);
                nint step = job.Step * sizeof(float);
                nint soon = job.StepsUntilSoon * bStride;
                for (; steps >= 4; steps -= 4)
                {
                    Step<TRows, TVectors>(a, row1, row3, row5, row7, b, soon, ref r0, ref r1, ref r2, ref r3, ref r4, ref r5, ref r6, ref r7, ref s0, ref s1);
                    a += step;
                    b += bStride;
                    Step<TRows, TVectors>(a, row1, row3, row5, row7, b, soon, ref r0, ref r1, ref r2, ref r3, ref r4, ref r5, ref r6, ref r7, ref s0, ref s1);
                    a += step;
                    b += bStride;
                    Step<TRows, TVectors>(a, row1, row3, row5, row7, b, soon, ref r0, ref r1, ref r2, ref r3, ref r4, ref r5, ref r6, ref r7, ref s0, ref s1);
                    a += step;
                    b += bStride;
                    Step<TRows, TVectors>(a, row1, row3, row5, row7, b, soon, ref r0, ref r1, ref r2, ref r3, ref r4, ref r5, ref r6, ref r7, ref s0, ref s1);
                    a += step;
                    b += bStride;
                }

                for (; steps > 0; steps--)
                {
                    Step<TRows, TVectors>(a, row1, row3, row5, row7, b, soon, ref r0, ref r1, ref r2, ref r3, ref r4, ref r5, ref r6, ref r7, ref s0, ref s1);
                    a += step;
                    b += bStride;
                }
            }
        }

        float* c = job.C;
        TVector scale = TLanes.Broadcast(job.Scale);
        r0.Store<TVectors>(job, c, 0, scale);
        if (TVectors.Value > 3)
        {
            s0.Store<TVectors>(job, c, 3 * TLanes.Count, scale);
        }

        if (TRows.Value > 1)
        {
            r1.Store<TVectors>(job, c += job.CStride, 0, scale);
            if (TVectors.Value > 3)
            {
                s1.Store<TVectors>(job, c, 3 * TLanes.Count, scale);
            }
        }

        if (TRows.Value > 2)
        {
            r2.Store<TVectors>(job, c += job.CStride, 0, scale);
        }

        if (TRows.Value > 3)
        {
            r3.Store<TVectors>(job, c += job.CStride, 0, scale);
        }

        if (TRows.Value > 4)
        {
            r4.Store<TVectors>(job, c += job.CStride, 0, scale);
        }

        if (TRows.Value > 5)
        {
            r5.Store<TVectors>(job, c += job.CStride, 0, scale);
        }

        if (TRows.Value > 6)
        {
            r6.Store<TVectors>(job, c += job.CStride, 0, scale);
        }

        if (TRows.Value > 7)
        {
            r7.Store<TVectors>(job, c += job.CStride, 0, scale);
        }
    }

    // One step of the sum.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step<TRows, TVectors>(
        byte* a, nint row1, nint row3, nint row5, nint row7, byte* b, nint soon,
        ref Accumulators<TLanes, TVector> r0, ref Accumulators<TLanes, TVector> r1, ref Accumulators<TLanes, TVector> r2, ref Accumulators<TLanes, TVector> r3,
        ref Accumulators<TLanes, TVector> r4, ref Accumulators<TLanes, TVector> r5, ref Accumulators<TLanes, TVector> r6, ref Accumulators<TLanes, TVector> r7,
        ref Accumulators<TLanes, TVector> s0, ref Accumulators<TLanes, TVector> s1)
        where TRows : struct, ISize
        where TVectors : struct, ISize
    {
        float* vectors = (float*)b;
        TVector b0 = TLanes.Load(vectors);
        TVector b1 = TVectors.Value > 1 ? TLanes.Load(vectors + TLanes.Count) : default;
        TVector b2 = TVectors.Value > 2 ? TLanes.Load(vectors + (2 * TLanes.Count)) : default;
        AskForSoon<TVectors>((float*)(b + soon));
        KernelStep<TLanes, TVector, BroadcastOperand<TLanes, TVector>>.Add<TRows, TVectors>(
            a, row1, row3, row5, row7, b0, b1, b2, ref r0, ref r1, ref r2, ref r3, ref r4, ref r5, ref r6, ref r7);
        if (TVectors.Value > 3)
        {
            b0 = TLanes.Load(vectors + (3 * TLanes.Count));
            b1 = TLanes.Load(vectors + (4 * TLanes.Count));
            b2 = TLanes.Load(vectors + (5 * TLanes.Count));
            s0.Add<TVectors>(TLanes.Broadcast(*(float*)a), b0, b1, b2);
            if (TRows.Value > 1)
            {
                s1.Add<TVectors>(TLanes.Broadcast(*(float*)(a + row1)), b0, b1, b2);
            }
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
        nint apart = TVectors.Value > 3 ? FloatsOfCacheLine : TLanes.Count;
        Prefetch.ToFirstLevel(row);
        if (TVectors.Value > 1)
        {
            Prefetch.ToFirstLevel(row + apart);
        }

        if (TVectors.Value > 2)
        {
            Prefetch.ToFirstLevel(row + (2 * apart));
        }
    }
}
