using System.Runtime.CompilerServices;

namespace Lora;

/// <summary>One step of a kernel: the operands of up to eight rows, each multiplied with up to three vectors.</summary>
/// <remarks>The sums are fields of a kernel's locals, which inlining leaves in registers: so one text serves every turn of an unrolled loop.</remarks>
internal static unsafe class KernelStep<TLanes, TVector, TOperand>
    where TLanes : struct, ILanes<TVector>
    where TVector : struct
    where TOperand : struct, IOperand<TVector>
{
    /// <summary>Adds the products. Each row's operand lies <paramref name="row1"/> bytes behind that of the row before; the other offsets are its multiples.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add<TRows, TVectors>(
        byte* at, nint row1, nint row3, nint row5, nint row7, TVector v0, TVector v1, TVector v2,
        ref Accumulators<TLanes, TVector> r0, ref Accumulators<TLanes, TVector> r1, ref Accumulators<TLanes, TVector> r2, ref Accumulators<TLanes, TVector> r3,
        ref Accumulators<TLanes, TVector> r4, ref Accumulators<TLanes, TVector> r5, ref Accumulators<TLanes, TVector> r6, ref Accumulators<TLanes, TVector> r7)
        where TRows : struct, ISize
        where TVectors : struct, ISize
    {
        r0.Add<TVectors>(TOperand.Read((float*)at), v0, v1, v2);

        if (TRows.Value > 1)
        {
            r1.Add<TVectors>(TOperand.Read((float*)(at + row1)), v0, v1, v2);
        }

        if (TRows.Value > 2)
        {
            r2.Add<TVectors>(TOperand.Read((float*)(at + (2 * row1))), v0, v1, v2);
        }

        if (TRows.Value > 3)
        {
            r3.Add<TVectors>(TOperand.Read((float*)(at + row3)), v0, v1, v2);
        }

        if (TRows.Value > 4)
        {
            r4.Add<TVectors>(TOperand.Read((float*)(at + (4 * row1))), v0, v1, v2);
        }

        if (TRows.Value > 5)
        {
            r5.Add<TVectors>(TOperand.Read((float*)(at + row5)), v0, v1, v2);
        }

        if (TRows.Value > 6)
        {
            r6.Add<TVectors>(TOperand.Read((float*)(at + (2 * row3))), v0, v1, v2);
        }

        if (TRows.Value > 7)
        {
            r7.Add<TVectors>(TOperand.Read((float*)(at + row7)), v0, v1, v2);
        }
    }
}
