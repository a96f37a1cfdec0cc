using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Lora;

/// <summary>Sixteen rows of sixteen, turned over in the registers of AVX-512.</summary>
/// <remarks>
/// A register is four quarters of four. First four rows at a time are turned over within their quarters, then the quarters are exchanged as the elements of a
/// four by four square are.
/// </remarks>
internal static unsafe class TransposedSquare
{
    public const int Side = 16;

    private const byte EvenQuarters = 0x88;
    private const byte OddQuarters = 0xDD;

    /// <summary>target[c, r] = source[r, c], or += source[r, c].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(float* source, nint sourceStride, float* target, nint targetStride, bool add)
    {
        TurnQuarters(source, sourceStride, out Vector512<float> a0, out Vector512<float> a1, out Vector512<float> a2, out Vector512<float> a3);
        source += 4 * sourceStride;
        TurnQuarters(source, sourceStride, out Vector512<float> b0, out Vector512<float> b1, out Vector512<float> b2, out Vector512<float> b3);
        source += 4 * sourceStride;
        TurnQuarters(source, sourceStride, out Vector512<float> c0, out Vector512<float> c1, out Vector512<float> c2, out Vector512<float> c3);
        source += 4 * sourceStride;
        TurnQuarters(source, sourceStride, out Vector512<float> d0, out Vector512<float> d1, out Vector512<float> d2, out Vector512<float> d3);

        ExchangeQuarters(a0, b0, c0, d0, target, targetStride, add);
        ExchangeQuarters(a1, b1, c1, d1, target += targetStride, targetStride, add);
        ExchangeQuarters(a2, b2, c2, d2, target += targetStride, targetStride, add);
        ExchangeQuarters(a3, b3, c3, d3, target + targetStride, targetStride, add);
    }

    // Quarter q of column c holds what the four rows have at 4·q + c.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void TurnQuarters(
        float* source, nint stride, out Vector512<float> c0, out Vector512<float> c1, out Vector512<float> c2, out Vector512<float> c3)
    {
        Vector512<float> r0 = Vector512.Load(source);
        Vector512<float> r1 = Vector512.Load(source + stride);
        Vector512<float> r2 = Vector512.Load(source + (2 * stride));
        Vector512<float> r3 = Vector512.Load(source + (3 * stride));
        Vector512<double> low01 = Avx512F.UnpackLow(r0, r1).AsDouble();
        Vector512<double> high01 = Avx512F.UnpackHigh(r0, r1).AsDouble();
        Vector512<double> low23 = Avx512F.UnpackLow(r2, r3).AsDouble();
        Vector512<double> high23 = Avx512F.UnpackHigh(r2, r3).AsDouble();
        c0 = Avx512F.UnpackLow(low01, low23).AsSingle();
        c1 = Avx512F.UnpackHigh(low01, low23).AsSingle();
        c2 = Avx512F.UnpackLow(high01, high23).AsSingle();
        c3 = Avx512F.UnpackHigh(high01, high23).AsSingle();
    }

    // Writes the columns q = 0…3 of every four: the quarters q of the four groups of rows.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void ExchangeQuarters(
        Vector512<float> a, Vector512<float> b, Vector512<float> c, Vector512<float> d, float* target, nint stride, bool add)
    {
        Vector512<float> even01 = Avx512F.Shuffle4x128(a, b, EvenQuarters);
        Vector512<float> odd01 = Avx512F.Shuffle4x128(a, b, OddQuarters);
        Vector512<float> even23 = Avx512F.Shuffle4x128(c, d, EvenQuarters);
        Vector512<float> odd23 = Avx512F.Shuffle4x128(c, d, OddQuarters);
        Write(target, Avx512F.Shuffle4x128(even01, even23, EvenQuarters), add);
        Write(target + (4 * stride), Avx512F.Shuffle4x128(odd01, odd23, EvenQuarters), add);
        Write(target + (8 * stride), Avx512F.Shuffle4x128(even01, even23, OddQuarters), add);
        Write(target + (12 * stride), Avx512F.Shuffle4x128(odd01, odd23, OddQuarters), add);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Write(float* target, Vector512<float> value, bool add) =>
        (add ? Vector512.Load(target) + value : value).Store(target);
}
