using System.Runtime.CompilerServices;

namespace Lora;

/// <summary>Up to three sums, each in the lanes of a register: a part of a row of a tile, or what one row of b is multiplied with in a scalar product.</summary>
internal unsafe struct Accumulators<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : struct
{
    public TVector Sum0;
    public TVector Sum1;
    public TVector Sum2;

    /// <summary>Adds the products of an operand with as many vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add<TCount>(TVector operand, TVector v0, TVector v1, TVector v2)
        where TCount : struct, ISize
    {
        Sum0 = TLanes.MultiplyAdd(operand, v0, Sum0);
        if (TCount.Value > 1)
        {
            Sum1 = TLanes.MultiplyAdd(operand, v1, Sum1);
        }

        if (TCount.Value > 2)
        {
            Sum2 = TLanes.MultiplyAdd(operand, v2, Sum2);
        }
    }

    /// <summary>Writes the row to c from a column on, scaled, with what the job adds.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Store<TVectors>(in TileJob job, float* row, int column, TVector scale)
        where TVectors : struct, ISize
    {
        float* c = row + column;
        float* addend = job.Add ? c : job.Bias == null ? null : job.Bias + column;
        if (addend == null)
        {
            Store<TVectors>(c, scale, default, default, default);
        }
        else
        {
            TVector addend1 = TVectors.Value > 1 ? TLanes.Load(addend + TLanes.Count) : default;
            TVector addend2 = TVectors.Value > 2 ? TLanes.Load(addend + (2 * TLanes.Count)) : default;
            Store<TVectors>(c, scale, TLanes.Load(addend), addend1, addend2);
        }
    }

    /// <summary>Writes three sums as they are.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void StoreThree(float* sums)
    {
        TLanes.Store(sums, Sum0);
        TLanes.Store(sums + TLanes.Count, Sum1);
        TLanes.Store(sums + (2 * TLanes.Count), Sum2);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void Store<TVectors>(float* c, TVector scale, TVector addend0, TVector addend1, TVector addend2)
        where TVectors : struct, ISize
    {
        TLanes.Store(c, TLanes.MultiplyAdd(Sum0, scale, addend0));
        if (TVectors.Value > 1)
        {
            TLanes.Store(c + TLanes.Count, TLanes.MultiplyAdd(Sum1, scale, addend1));
        }

        if (TVectors.Value > 2)
        {
            TLanes.Store(c + (2 * TLanes.Count), TLanes.MultiplyAdd(Sum2, scale, addend2));
        }
    }
}
