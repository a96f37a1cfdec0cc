using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Lora;

/// <summary>The transcendental functions that several operations use, on vectors.</summary>
internal static class Functions
{
    private const float InverseSqrt2Pi = 0.398942280401432678f;
    private const float InverseSqrt2 = 0.707106781186547524f;

    /// <inheritdoc cref="Exp{TLanes, TVector}"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Exp(Vector<float> x) => Vector<float>.Count == Lanes256.Count
        ? Exp<Lanes256, Vector256<float>>(x.AsVector256()).AsVector()
        : Exp<Lanes128, Vector128<float>>(x.AsVector128()).AsVector();

    /// <summary>
    /// eˣ to about one unit of the last place, 1 exactly for 0; gradual underflow, ∞ above the largest float, NaN for NaN.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Exp<TLanes, TVector>(TVector x)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        // x = n·ln 2 + r with |r| ≤ ½·ln 2, and eʳ by its Taylor polynomial of degree 7, whose error is 5e-9. Adding 1.5·2²³ rounds to
        // an integer, which then stands in the low bits. What becomes 0 is made so beforehand: an underflow costs an Intel some 200 cycles, and a masked score
        // is one.
        TVector round = TLanes.Broadcast(12582912f);
        TVector clamped = TLanes.Min(TLanes.Broadcast(90f), TLanes.Max(TLanes.Broadcast(-105f), x));
        TVector n = TLanes.Subtract(TLanes.MultiplyAdd(clamped, TLanes.Broadcast(1.44269504f), round), round);
        TVector r = TLanes.MultiplyAdd(n, TLanes.Broadcast(-0.693359375f), clamped);
        r = TLanes.MultiplyAdd(n, TLanes.Broadcast(2.12194440e-4f), r);
        TVector p = TLanes.Broadcast(1f / 5040);
        p = TLanes.MultiplyAdd(p, r, TLanes.Broadcast(1f / 720));
        p = TLanes.MultiplyAdd(p, r, TLanes.Broadcast(1f / 120));
        p = TLanes.MultiplyAdd(p, r, TLanes.Broadcast(1f / 24));
        p = TLanes.MultiplyAdd(p, r, TLanes.Broadcast(1f / 6));
        p = TLanes.MultiplyAdd(p, r, TLanes.Broadcast(0.5f));
        p = TLanes.Add(TLanes.MultiplyAdd(p, TLanes.Multiply(r, r), r), TLanes.Broadcast(1));
        return TLanes.ScaleByPowerOfTwo(TLanes.ZeroBelow(TLanes.Broadcast(-104f), x, p), n);
    }

    /// <summary>1 / (1 + e⁻ˣ): 0 and 1 at the infinities, with small results to full relative precision.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Sigmoid(Vector<float> x) => Vector<float>.One / (Vector<float>.One + Exp(-x));

    /// <summary>The derivative of x·sigmoid(x).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> SiluSlope(Vector<float> x, Vector<float> sigmoid) =>
        sigmoid * Vector.FusedMultiplyAdd(x, Vector<float>.One - sigmoid, Vector<float>.One);

    /// <summary>The distribution function of the standard normal distribution, to a few units of the last place, and its density.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Normal(Vector<float> x, out Vector<float> density)
    {
        // With t = |x|/√2: Φ(−|x|) = ½·erfc(t) = ½·exp(−t²)·s·P(s), where s = 1/(1 + 0.35·t) and P is the polynomial through erfcx(t)/s at the
        // Chebyshev nodes of t in [0, 10]; its relative error is 1e-8. Beyond t = 10 the exponential is below the smallest float.
        Vector<float> t = Vector.Abs(x) * new Vector<float>(InverseSqrt2);
        Vector<float> s = Vector<float>.One / Vector.FusedMultiplyAdd(new Vector<float>(0.35f), t, Vector<float>.One);
        var p = new Vector<float>(0.0366547282f);
        p = Vector.FusedMultiplyAdd(p, s, new Vector<float>(-0.149543537f));
        p = Vector.FusedMultiplyAdd(p, s, new Vector<float>(0.159641219f));
        p = Vector.FusedMultiplyAdd(p, s, new Vector<float>(0.00104560812f));
        p = Vector.FusedMultiplyAdd(p, s, new Vector<float>(0.0634051147f));
        p = Vector.FusedMultiplyAdd(p, s, new Vector<float>(0.158554687f));
        p = Vector.FusedMultiplyAdd(p, s, new Vector<float>(0.146915782f));
        p = Vector.FusedMultiplyAdd(p, s, new Vector<float>(0.188806398f));
        p = Vector.FusedMultiplyAdd(p, s, new Vector<float>(0.197030738f));
        p = Vector.FusedMultiplyAdd(p, s, new Vector<float>(0.197489266f));
        Vector<float> exponential = Exp(x * x * new Vector<float>(-0.5f));
        density = exponential * new Vector<float>(InverseSqrt2Pi);
        Vector<float> tail = exponential * s * p * new Vector<float>(0.5f);
        return Vector.ConditionalSelect(Vector.GreaterThan(x, Vector<float>.Zero), Vector<float>.One - tail, tail);
    }
}
