using System.Runtime.CompilerServices;

namespace Lora;

/// <summary>The sums of one row of b with up to three of a: registers of a <see cref="DotKernel{TLanes, TVector}"/>.</summary>
internal unsafe struct DotColumn<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : struct
{
    public TVector Sum0;
    public TVector Sum1;
    public TVector Sum2;

    /// <summary>Adds the products of one vector of b with those of a.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add<TRows>(byte* b, TVector a0, TVector a1, TVector a2)
        where TRows : struct, ISize
    {
        TVector v = TLanes.Load((float*)b);
        Sum0 = TLanes.MultiplyAdd(a0, v, Sum0);
        if (TRows.Value > 1)
        {
            Sum1 = TLanes.MultiplyAdd(a1, v, Sum1);
        }

        if (TRows.Value > 2)
        {
            Sum2 = TLanes.MultiplyAdd(a2, v, Sum2);
        }
    }
}
