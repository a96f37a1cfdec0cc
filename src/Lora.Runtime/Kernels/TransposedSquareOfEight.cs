using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Lora;

/// <summary>Eight rows of eight, turned over in the registers of AVX.</summary>
/// <remarks>A register is loaded with four elements of a row and those of the fourth row below it, so that each half is turned over by itself.</remarks>
internal static unsafe class TransposedSquareOfEight
{
    public const int Side = 8;

    private const int Half = 4;

    /// <summary>target[c, r] = source[r, c], or += source[r, c].</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Run(float* source, nint sourceStride, float* target, nint targetStride, bool add)
    {
        FourColumns(source, sourceStride, target, targetStride, add);
        FourColumns(source + Half, sourceStride, target + (Half * targetStride), targetStride, add);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void FourColumns(float* source, nint sourceStride, float* target, nint targetStride, bool add)
    {
        float* below = source + (Half * sourceStride);
        Vector256<float> r0 = Load(source, below);
        Vector256<float> r1 = Load(source + sourceStride, below + sourceStride);
        Vector256<float> r2 = Load(source + (2 * sourceStride), below + (2 * sourceStride));
        Vector256<float> r3 = Load(source + (3 * sourceStride), below + (3 * sourceStride));
        Vector256<double> low01 = Avx.UnpackLow(r0, r1).AsDouble();
        Vector256<double> high01 = Avx.UnpackHigh(r0, r1).AsDouble();
        Vector256<double> low23 = Avx.UnpackLow(r2, r3).AsDouble();
        Vector256<double> high23 = Avx.UnpackHigh(r2, r3).AsDouble();
        Write(target, Avx.UnpackLow(low01, low23), add);
        Write(target + targetStride, Avx.UnpackHigh(low01, low23), add);
        Write(target + (2 * targetStride), Avx.UnpackLow(high01, high23), add);
        Write(target + (3 * targetStride), Avx.UnpackHigh(high01, high23), add);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Load(float* row, float* below) => Vector256.Create(Vector128.Load(row), Vector128.Load(below));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Write(float* target, Vector256<double> value, bool add) =>
        (add ? Vector256.Load(target) + value.AsSingle() : value.AsSingle()).Store(target);
}
