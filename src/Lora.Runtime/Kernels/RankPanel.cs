using System.Runtime.CompilerServices;

namespace Lora;

/// <summary>c += scale·a·b where the rank is the depth: a panel of b stays in registers while the rows of a and c go by.</summary>
/// <remarks>
/// <code>
///                                b: TRank rows of 1 to 3 vectors, in registers
///                                ┌─────┬─────┬─────┐
///                                │ b00 │ b10 │ b20 │
///                                │ b01 │ b11 │ b21 │
///    a: TRank numbers a row      │  ⋮  │  ⋮  │  ⋮  │
///    ┌────┬────┬───┬────┐        ├─────┼─────┼─────┤
///    │ a0 │ a1 │ … │ a7 │   ×    │     │     │     │   c: a load, TRank multiply-adds, a store
///    └────┴────┴───┴────┘        └─────┴─────┴─────┘
/// </code>
/// The registers are three columns of eight. A rank above eight goes on in the next column, and its panel is one vector wide. Each element is one chain of
/// additions in the order of the rank, scaled and added to c at its end: the bits of <see cref="TileKernel{TLanes, TVector}"/>.
/// </remarks>
internal static unsafe class RankPanel<TLanes, TVector, TRank>
    where TLanes : struct, ILanes<TVector>
    where TVector : struct
    where TRank : struct, IRank
{
    private const int Column = RankPanels<TRank>.RegisterColumn;

    /// <summary>Computes the rows of one panel.</summary>
    /// <param name="job">The operands; its depth is the rank.</param>
    /// <param name="rows">The rows of a and c.</param>
    /// <param name="vectors">The width of the panel in vectors: 1 to 3, and 1 for a rank above 8.</param>
    public static void Run(in TileJob job, int rows, int vectors)
    {
        switch (vectors)
        {
            case 1:
                Run<Size1>(job, rows);
                break;
            case 2:
                Run<Size2>(job, rows);
                break;
            default:
                Run<Size3>(job, rows);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Run<TVectors>(in TileJob job, int rows)
        where TVectors : struct, ISize
    {
        nint stride = job.BStride;
        float* b = job.B;
        TVector b00 = Load<TVectors>(b, 0, 0, stride), b10 = Load<TVectors>(b, 1, 0, stride), b20 = Load<TVectors>(b, 2, 0, stride);
        TVector b01 = Load<TVectors>(b, 0, 1, stride), b11 = Load<TVectors>(b, 1, 1, stride), b21 = Load<TVectors>(b, 2, 1, stride);
        TVector b02 = Load<TVectors>(b, 0, 2, stride), b12 = Load<TVectors>(b, 1, 2, stride), b22 = Load<TVectors>(b, 2, 2, stride);
        TVector b03 = Load<TVectors>(b, 0, 3, stride), b13 = Load<TVectors>(b, 1, 3, stride), b23 = Load<TVectors>(b, 2, 3, stride);
        TVector b04 = Load<TVectors>(b, 0, 4, stride), b14 = Load<TVectors>(b, 1, 4, stride), b24 = Load<TVectors>(b, 2, 4, stride);
        TVector b05 = Load<TVectors>(b, 0, 5, stride), b15 = Load<TVectors>(b, 1, 5, stride), b25 = Load<TVectors>(b, 2, 5, stride);
        TVector b06 = Load<TVectors>(b, 0, 6, stride), b16 = Load<TVectors>(b, 1, 6, stride), b26 = Load<TVectors>(b, 2, 6, stride);
        TVector b07 = Load<TVectors>(b, 0, 7, stride), b17 = Load<TVectors>(b, 1, 7, stride), b27 = Load<TVectors>(b, 2, 7, stride);
        TVector scale = TLanes.Broadcast(job.Scale);
        float* a = job.A;
        float* c = job.C;
        nint cStride = job.CStride;
        for (; rows > 0; rows--)
        {
            if (TRank.Value > Column)
            {
                TVector sum = Add(default, a, 0, b00, b01, b02, b03, b04, b05, b06, b07);
                sum = Add(sum, a, Column, b10, b11, b12, b13, b14, b15, b16, b17);
                sum = Add(sum, a, 2 * Column, b20, b21, b22, b23, b24, b25, b26, b27);
                AddTo(c, sum, scale);
            }
            else
            {
                AddTo(c, Add(default, a, 0, b00, b01, b02, b03, b04, b05, b06, b07), scale);
                if (TVectors.Value > 1)
                {
                    AddTo(c + TLanes.Count, Add(default, a, 0, b10, b11, b12, b13, b14, b15, b16, b17), scale);
                }

                if (TVectors.Value > 2)
                {
                    AddTo(c + (2 * TLanes.Count), Add(default, a, 0, b20, b21, b22, b23, b24, b25, b26, b27), scale);
                }
            }

            a += TRank.Value;
            c += cStride;
        }
    }

    // What belongs into a register of the panel, if anything.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Load<TVectors>(float* b, int column, int row, nint stride)
        where TVectors : struct, ISize
    {
        if (TRank.Value > Column)
        {
            int step = (column * Column) + row;
            return step < TRank.Value ? TLanes.Load(b + (step * stride)) : default;
        }

        return row < TRank.Value && column < TVectors.Value ? TLanes.Load(b + (row * stride) + (column * TLanes.Count)) : default;
    }

    // The terms of one column of registers, whose first is that of the rank's given step.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Add(
        TVector sum, float* a, int step, TVector b0, TVector b1, TVector b2, TVector b3, TVector b4, TVector b5, TVector b6, TVector b7)
    {
        sum = TRank.Value > step ? TLanes.MultiplyAdd(TLanes.Broadcast(a[step]), b0, sum) : sum;
        sum = TRank.Value > step + 1 ? TLanes.MultiplyAdd(TLanes.Broadcast(a[step + 1]), b1, sum) : sum;
        sum = TRank.Value > step + 2 ? TLanes.MultiplyAdd(TLanes.Broadcast(a[step + 2]), b2, sum) : sum;
        sum = TRank.Value > step + 3 ? TLanes.MultiplyAdd(TLanes.Broadcast(a[step + 3]), b3, sum) : sum;
        sum = TRank.Value > step + 4 ? TLanes.MultiplyAdd(TLanes.Broadcast(a[step + 4]), b4, sum) : sum;
        sum = TRank.Value > step + 5 ? TLanes.MultiplyAdd(TLanes.Broadcast(a[step + 5]), b5, sum) : sum;
        sum = TRank.Value > step + 6 ? TLanes.MultiplyAdd(TLanes.Broadcast(a[step + 6]), b6, sum) : sum;
        return TRank.Value > step + 7 ? TLanes.MultiplyAdd(TLanes.Broadcast(a[step + 7]), b7, sum) : sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddTo(float* c, TVector sum, TVector scale) =>
        TLanes.Store(c, TLanes.MultiplyAdd(sum, scale, TLanes.Load(c)));
}
