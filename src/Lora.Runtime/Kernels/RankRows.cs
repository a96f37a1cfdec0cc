using System.Runtime.CompilerServices;

namespace Lora;

/// <summary>c = a·b where the rank is a register wide: each row of c is two sums, of the even and of the odd steps.</summary>
/// <remarks>
/// <code>
///                       b: two rows a turn
///                       ┌──────┐ ┌──────┐
///                       │ even │ │ odd  │
///    a: two numbers     └──────┘ └──────┘
///    ┌────┬────┐        ┌──────┐ ┌──────┐
///    │ a0 │ a0′│ × 8    │  c0  │ │  d0  │   c, d: in registers, added at the end
///    └────┴────┘        └──────┘ └──────┘
/// </code>
/// A tile one register wide has as many chains of additions as rows, too few to hide the time that each takes; so has a tile of the few rows that are left.
/// </remarks>
internal readonly unsafe struct RankRows<TLanes, TVector> : IRowKernel
    where TLanes : struct, ILanes<TVector>
    where TVector : struct
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<TRows>(ref TileJob job)
        where TRows : struct, ISize
    {
        TVector c0 = default, c1 = default, c2 = default, c3 = default, c4 = default, c5 = default, c6 = default, c7 = default;
        TVector d0 = default, d1 = default, d2 = default, d3 = default, d4 = default, d5 = default, d6 = default, d7 = default;
        nint stride = job.RowStride;
        float* a0 = job.A;
        float* a1 = TRows.Value > 1 ? a0 + stride : a0;
        float* a2 = TRows.Value > 2 ? a1 + stride : a0;
        float* a3 = TRows.Value > 3 ? a2 + stride : a0;
        float* a4 = TRows.Value > 4 ? a3 + stride : a0;
        float* a5 = TRows.Value > 5 ? a4 + stride : a0;
        float* a6 = TRows.Value > 6 ? a5 + stride : a0;
        float* a7 = TRows.Value > 7 ? a6 + stride : a0;
        float* b = job.B;
        nint at = 0;
        for (int left = job.Depth >> 1; left > 0; left--)
        {
            TVector even = TLanes.Load(b);
            TVector odd = TLanes.Load(b + TLanes.Count);
            c0 = TLanes.MultiplyAdd(TLanes.Broadcast(a0[at]), even, c0);
            d0 = TLanes.MultiplyAdd(TLanes.Broadcast(a0[at + 1]), odd, d0);
            c1 = TRows.Value > 1 ? TLanes.MultiplyAdd(TLanes.Broadcast(a1[at]), even, c1) : default;
            d1 = TRows.Value > 1 ? TLanes.MultiplyAdd(TLanes.Broadcast(a1[at + 1]), odd, d1) : default;
            c2 = TRows.Value > 2 ? TLanes.MultiplyAdd(TLanes.Broadcast(a2[at]), even, c2) : default;
            d2 = TRows.Value > 2 ? TLanes.MultiplyAdd(TLanes.Broadcast(a2[at + 1]), odd, d2) : default;
            c3 = TRows.Value > 3 ? TLanes.MultiplyAdd(TLanes.Broadcast(a3[at]), even, c3) : default;
            d3 = TRows.Value > 3 ? TLanes.MultiplyAdd(TLanes.Broadcast(a3[at + 1]), odd, d3) : default;
            c4 = TRows.Value > 4 ? TLanes.MultiplyAdd(TLanes.Broadcast(a4[at]), even, c4) : default;
            d4 = TRows.Value > 4 ? TLanes.MultiplyAdd(TLanes.Broadcast(a4[at + 1]), odd, d4) : default;
            c5 = TRows.Value > 5 ? TLanes.MultiplyAdd(TLanes.Broadcast(a5[at]), even, c5) : default;
            d5 = TRows.Value > 5 ? TLanes.MultiplyAdd(TLanes.Broadcast(a5[at + 1]), odd, d5) : default;
            c6 = TRows.Value > 6 ? TLanes.MultiplyAdd(TLanes.Broadcast(a6[at]), even, c6) : default;
            d6 = TRows.Value > 6 ? TLanes.MultiplyAdd(TLanes.Broadcast(a6[at + 1]), odd, d6) : default;
            c7 = TRows.Value > 7 ? TLanes.MultiplyAdd(TLanes.Broadcast(a7[at]), even, c7) : default;
            d7 = TRows.Value > 7 ? TLanes.MultiplyAdd(TLanes.Broadcast(a7[at + 1]), odd, d7) : default;
            b += 2 * TLanes.Count;
            at += 2;
        }

        if ((job.Depth & 1) != 0)
        {
            TVector last = TLanes.Load(b);
            c0 = TLanes.MultiplyAdd(TLanes.Broadcast(a0[at]), last, c0);
            c1 = TRows.Value > 1 ? TLanes.MultiplyAdd(TLanes.Broadcast(a1[at]), last, c1) : default;
            c2 = TRows.Value > 2 ? TLanes.MultiplyAdd(TLanes.Broadcast(a2[at]), last, c2) : default;
            c3 = TRows.Value > 3 ? TLanes.MultiplyAdd(TLanes.Broadcast(a3[at]), last, c3) : default;
            c4 = TRows.Value > 4 ? TLanes.MultiplyAdd(TLanes.Broadcast(a4[at]), last, c4) : default;
            c5 = TRows.Value > 5 ? TLanes.MultiplyAdd(TLanes.Broadcast(a5[at]), last, c5) : default;
            c6 = TRows.Value > 6 ? TLanes.MultiplyAdd(TLanes.Broadcast(a6[at]), last, c6) : default;
            c7 = TRows.Value > 7 ? TLanes.MultiplyAdd(TLanes.Broadcast(a7[at]), last, c7) : default;
        }

        Store<TRows>(job.C, 0, c0, d0);
        Store<TRows>(job.C, 1, c1, d1);
        Store<TRows>(job.C, 2, c2, d2);
        Store<TRows>(job.C, 3, c3, d3);
        Store<TRows>(job.C, 4, c4, d4);
        Store<TRows>(job.C, 5, c5, d5);
        Store<TRows>(job.C, 6, c6, d6);
        Store<TRows>(job.C, 7, c7, d7);
        job.A += TRows.Value * stride;
        job.C += TRows.Value * TLanes.Count;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<TRows>(float* c, int row, TVector even, TVector odd)
        where TRows : struct, ISize
    {
        if (row < TRows.Value)
        {
            TLanes.Store(c + (row * TLanes.Count), TLanes.MultiplyAdd(even, TLanes.Broadcast(1), odd));
        }
    }
}
