using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Lora;

/// <summary>Single floats: what is left where no vector is whole, to the same bits.</summary>
internal readonly unsafe struct Lanes32 : ILanes<float>
{
    public static int Count => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Load(float* source) => *source;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float LoadLower(float* pairs) => BitConverter.UInt32BitsToSingle(*(uint*)pairs << 16);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float LoadUpper(float* pairs) => BitConverter.UInt32BitsToSingle(*(uint*)pairs & BFloat16Pairs.Upper);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* destination, float value) => *destination = value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Broadcast(float value) => value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float MultiplyAdd(float left, float right, float addend) => float.MultiplyAddEstimate(left, right, addend);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Add(float left, float right) => left + right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Subtract(float left, float right) => left - right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Multiply(float left, float right) => left * right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Divide(float left, float right) => left / right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float SquareRoot(float value) => MathF.Sqrt(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Min(float left, float right) => float.MinNative(left, right);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Max(float left, float right) => float.MaxNative(left, right);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float WhereLess(float left, float right, float value, float otherwise) => left < right ? value : otherwise;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float KeepFirst(float value, int count, float other) => count > 0 ? value : other;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float ScaleByPowerOfTwo(float value, float n) => MathF.ScaleB(value, (int)n);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(float vector) => vector;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Sums(float v0, float v1, float v2, float v3, float v4, float v5, float v6, float v7) =>
        Vector256.Create(v0, v1, v2, v3, v4, v5, v6, v7);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Largest(float vector) => vector;
}
