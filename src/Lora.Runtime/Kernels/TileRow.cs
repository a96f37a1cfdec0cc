using System.Runtime.CompilerServices;

namespace Lora;

/// <summary>The accumulators of up to three neighbours in one row of a tile: registers of a <see cref="TileKernel{TLanes, TVector}"/>.</summary>
internal unsafe struct TileRow<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : struct
{
    private TVector _c0;
    private TVector _c1;
    private TVector _c2;

    /// <summary>Adds the products of one number of a with up to three vectors of b.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add<TVectors>(byte* a, TVector b0, TVector b1, TVector b2)
        where TVectors : struct, ISize
    {
        TVector v = TLanes.Broadcast(*(float*)a);
        _c0 = TLanes.MultiplyAdd(v, b0, _c0);
        if (TVectors.Value > 1)
        {
            _c1 = TLanes.MultiplyAdd(v, b1, _c1);
        }

        if (TVectors.Value > 2)
        {
            _c2 = TLanes.MultiplyAdd(v, b2, _c2);
        }
    }

    /// <summary>Writes the row to c from a column on, scaled, with what the job adds.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Store<TVectors>(in TileJob job, float* row, int column, TVector scale)
        where TVectors : struct, ISize
    {
        float* c = row + column;
        float* addend = job.Add ? c : job.Bias == null ? null : job.Bias + column;
        Store(c, addend, scale, _c0);
        if (TVectors.Value > 1)
        {
            Store(c + TLanes.Count, addend == null ? null : addend + TLanes.Count, scale, _c1);
        }

        if (TVectors.Value > 2)
        {
            Store(c + (2 * TLanes.Count), addend == null ? null : addend + (2 * TLanes.Count), scale, _c2);
        }
    }

    /// <summary>Writes three sums as they are.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void StoreThree(float* sums)
    {
        TLanes.Store(sums, _c0);
        TLanes.Store(sums + TLanes.Count, _c1);
        TLanes.Store(sums + (2 * TLanes.Count), _c2);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(float* c, float* addend, TVector scale, TVector value) =>
        TLanes.Store(c, TLanes.MultiplyAdd(value, scale, addend == null ? default : TLanes.Load(addend)));
}
