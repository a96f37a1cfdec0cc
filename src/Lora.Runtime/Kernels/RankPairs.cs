using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Lora;

/// <summary>c = a·b for a rank of half a register of AVX-512: each row of c is one register, with the sums of the even and of the odd steps beside each other.</summary>
/// <remarks>
/// <code>
///                               b: two rows, as they lie,   b0 … b7 │ b0′… b7′
///                                  interleaved              b0 b0′ b1 b1′ … b7 b7′
///    a: two numbers, repeated  a0 a0′ a0 a0′ …           ×
///                              c0 d0  c1 d1 … c7 d7      +=
/// </code>
/// Half the additions of <see cref="RankRows{TLanes, TVector}"/>, and the same bits: even and odd sums are added at the end.
/// </remarks>
internal readonly unsafe struct RankPairs : IRowKernel
{
    /// <summary>The rank that it serves.</summary>
    public const int Rank = 8;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<TRows>(ref TileJob job)
        where TRows : struct, ISize
    {
        Vector512<float> c0 = default, c1 = default, c2 = default, c3 = default, c4 = default, c5 = default, c6 = default, c7 = default;
        nint row1 = job.RowStride * sizeof(float);
        nint row3 = 3 * row1;
        nint row5 = 5 * row1;
        nint row7 = 7 * row1;
        byte* a = (byte*)job.A;
        float* b = job.B;
        Vector512<int> interleaved = Vector512.Create(0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15);
        for (int left = job.Depth >> 1; left > 0; left--)
        {
            Vector512<float> pairs = Avx512F.PermuteVar16x32(Vector512.Load(b), interleaved);
            c0 = Add(a, pairs, c0);
            c1 = TRows.Value > 1 ? Add(a + row1, pairs, c1) : default;
            c2 = TRows.Value > 2 ? Add(a + (2 * row1), pairs, c2) : default;
            c3 = TRows.Value > 3 ? Add(a + row3, pairs, c3) : default;
            c4 = TRows.Value > 4 ? Add(a + (4 * row1), pairs, c4) : default;
            c5 = TRows.Value > 5 ? Add(a + row5, pairs, c5) : default;
            c6 = TRows.Value > 6 ? Add(a + (2 * row3), pairs, c6) : default;
            c7 = TRows.Value > 7 ? Add(a + row7, pairs, c7) : default;
            a += 2 * sizeof(float);
            b += 2 * Rank;
        }

        float* last = (job.Depth & 1) == 0 ? null : b;
        Store<TRows>(job.C, 0, c0, a, last);
        Store<TRows>(job.C, 1, c1, a + row1, last);
        Store<TRows>(job.C, 2, c2, a + (2 * row1), last);
        Store<TRows>(job.C, 3, c3, a + row3, last);
        Store<TRows>(job.C, 4, c4, a + (4 * row1), last);
        Store<TRows>(job.C, 5, c5, a + row5, last);
        Store<TRows>(job.C, 6, c6, a + (2 * row3), last);
        Store<TRows>(job.C, 7, c7, a + row7, last);
        job.A += TRows.Value * job.RowStride;
        job.C += TRows.Value * Rank;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Add(byte* a, Vector512<float> pairs, Vector512<float> sums) =>
        Vector512.MultiplyAddEstimate(Vector512.Create(*(double*)a).AsSingle(), pairs, sums);

    // The last step of an odd number belongs to the even ones.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<TRows>(float* c, int row, Vector512<float> sums, byte* a, float* last)
        where TRows : struct, ISize
    {
        if (row < TRows.Value)
        {
            Vector512<float> parted = Avx512F.PermuteVar16x32(sums, Vector512.Create(0, 2, 4, 6, 8, 10, 12, 14, 1, 3, 5, 7, 9, 11, 13, 15));
            Vector256<float> even = parted.GetLower();
            if (last != null)
            {
                even = Vector256.MultiplyAddEstimate(Vector256.Create(*(float*)a), Vector256.Load(last), even);
            }

            (even + parted.GetUpper()).Store(c + (row * Rank));
        }
    }
}
