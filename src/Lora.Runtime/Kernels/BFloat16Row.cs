using System.Runtime.CompilerServices;

namespace Lora;

/// <summary>
/// The product of one row with some columns of a panel in bfloat16, straight from where they lie: for a single row, making float32 of them first would take
/// longer than to bring them from memory.
/// </summary>
/// <remarks>Each element is the chain of additions that it is in a tile.</remarks>
internal static unsafe class BFloat16Row<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : struct
{
    /// <summary>c = a·b + bias, or c += a·b.</summary>
    /// <param name="job">The operands: b's steps are pairs of columns, <see cref="TileJob.BStride"/> wide, a multiple of 16.</param>
    /// <param name="height">The elements of c.</param>
    [SkipLocalsInit]
    public static void Run(in TileJob job, int height)
    {
        float* sums = stackalloc float[PackedPanels.PanelRows];
        int at = 0;
        for (; at <= job.BStride - (6 * TLanes.Count); at += 6 * TLanes.Count)
        {
            Run<Size6>(job, at, sums + at);
        }

        for (; at <= job.BStride - (3 * TLanes.Count); at += 3 * TLanes.Count)
        {
            Run<Size3>(job, at, sums + at);
        }

        for (; at < job.BStride; at += TLanes.Count)
        {
            RunOne(job.A, job.B + at, job.BStride, job.Depth, sums + at);
        }

        for (int step = 0; step < job.UpdateDepth; step++)
        {
            TVector operand = TLanes.Broadcast(job.UpdateA[step]);
            float* b = job.UpdateB + (step * PackedPanels.PanelRows);
            for (at = 0; at < job.BStride; at += TLanes.Count)
            {
                TLanes.Store(sums + at, TLanes.MultiplyAdd(operand, TLanes.Load(b + at), TLanes.Load(sums + at)));
            }
        }

        float* addend = job.Add ? job.C : job.Bias;
        for (int i = 0; i < height; i++)
        {
            job.C[i] = sums[i] + (addend == null ? 0 : addend[i]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Run<TVectors>(in TileJob job, int at, float* sums)
        where TVectors : struct, ISize
    {
        float* a = job.A;
        float* b = job.B + at;
        nint stride = job.BStride;
        int depth = job.Depth;
        // Each step asks for its share of a group's: so little arithmetic would wait where all is asked for at once. What comes soon in the block itself is whole.
        byte* ahead = job.Ahead;
        nint aheadStep = job.AheadStep / TileJob.StepsOfGroup;
        bool isOneStream = job.AheadStream == job.AheadBytes;
        nint bytes = isOneStream ? aheadStep : job.AheadBytes / TileJob.StepsOfGroup;
        nint stream = isOneStream ? 0 : job.AheadStream;
        Accumulators<TLanes, TVector> first = default, second = default;
        for (int left = depth; left > 1; left -= 2, a += 2, b += stride)
        {
            Prefetch.ToSecondLevel(ahead, stream, bytes);
            ahead += aheadStep;
            AddPair(a, b, ref first);
            if (TVectors.Value > 3)
            {
                AddPair(a, b + (3 * TLanes.Count), ref second);
            }
        }

        if (depth % 2 != 0)
        {
            AddLower(a, b, ref first);
            if (TVectors.Value > 3)
            {
                AddLower(a, b + (3 * TLanes.Count), ref second);
            }
        }

        first.StoreThree(sums);
        if (TVectors.Value > 3)
        {
            second.StoreThree(sums + (3 * TLanes.Count));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddPair(float* a, float* b, ref Accumulators<TLanes, TVector> row)
    {
        AddLower(a, b, ref row);
        row.Add<Size3>(TLanes.Broadcast(a[1]), TLanes.LoadUpper(b), TLanes.LoadUpper(b + TLanes.Count), TLanes.LoadUpper(b + (2 * TLanes.Count)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddLower(float* a, float* b, ref Accumulators<TLanes, TVector> row) =>
        row.Add<Size3>(TLanes.Broadcast(a[0]), TLanes.LoadLower(b), TLanes.LoadLower(b + TLanes.Count), TLanes.LoadLower(b + (2 * TLanes.Count)));

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void RunOne(float* a, float* b, nint stride, int depth, float* sums)
    {
        TVector c = default;
        for (int left = depth; left > 1; left -= 2, a += 2, b += stride)
        {
            c = TLanes.MultiplyAdd(TLanes.Broadcast(a[0]), TLanes.LoadLower(b), c);
            c = TLanes.MultiplyAdd(TLanes.Broadcast(a[1]), TLanes.LoadUpper(b), c);
        }

        if (depth % 2 != 0)
        {
            c = TLanes.MultiplyAdd(TLanes.Broadcast(a[0]), TLanes.LoadLower(b), c);
        }

        TLanes.Store(sums, c);
    }
}
