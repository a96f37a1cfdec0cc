using System.Runtime.CompilerServices;

namespace Lora;

/// <summary>The transcendental functions that several operations use, on vectors.</summary>
internal static class Functions
{
    private const float InverseSqrt2Pi = 0.398942280401432678f;
    private const float InverseSqrt2 = 0.707106781186547524f;

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
        return TLanes.ScaleByPowerOfTwo(TLanes.WhereLess(x, TLanes.Broadcast(-104f), default, p), n);
    }

    /// <summary>1 / (1 + e⁻ˣ): 0 and 1 at the infinities, with small results to full relative precision.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Sigmoid<TLanes, TVector>(TVector x)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        TVector one = TLanes.Broadcast(1);
        return TLanes.Divide(one, TLanes.Add(one, Exp<TLanes, TVector>(TLanes.Subtract(default, x))));
    }

    /// <summary>The derivative of x·sigmoid(x).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector SiluSlope<TLanes, TVector>(TVector x, TVector sigmoid)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        TVector one = TLanes.Broadcast(1);
        return TLanes.Multiply(sigmoid, TLanes.MultiplyAdd(x, TLanes.Subtract(one, sigmoid), one));
    }

    /// <summary>The distribution function of the standard normal distribution, to a few units of the last place, and its density.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Normal<TLanes, TVector>(TVector x, out TVector density)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        // With t = |x|/√2: Φ(−|x|) = ½·erfc(t) = ½·exp(−t²)·s·P(s), where s = 1/(1 + 0.35·t) and P is the polynomial through erfcx(t)/s at the
        // Chebyshev nodes of t in [0, 10]; its relative error is 1e-8. Beyond t = 10 the exponential is below the smallest float.
        TVector one = TLanes.Broadcast(1);
        TVector t = TLanes.Multiply(TLanes.Max(x, TLanes.Subtract(default, x)), TLanes.Broadcast(InverseSqrt2));
        TVector s = TLanes.Divide(one, TLanes.MultiplyAdd(TLanes.Broadcast(0.35f), t, one));
        TVector p = TLanes.Broadcast(0.0366547282f);
        p = TLanes.MultiplyAdd(p, s, TLanes.Broadcast(-0.149543537f));
        p = TLanes.MultiplyAdd(p, s, TLanes.Broadcast(0.159641219f));
        p = TLanes.MultiplyAdd(p, s, TLanes.Broadcast(0.00104560812f));
        p = TLanes.MultiplyAdd(p, s, TLanes.Broadcast(0.0634051147f));
        p = TLanes.MultiplyAdd(p, s, TLanes.Broadcast(0.158554687f));
        p = TLanes.MultiplyAdd(p, s, TLanes.Broadcast(0.146915782f));
        p = TLanes.MultiplyAdd(p, s, TLanes.Broadcast(0.188806398f));
        p = TLanes.MultiplyAdd(p, s, TLanes.Broadcast(0.197030738f));
        p = TLanes.MultiplyAdd(p, s, TLanes.Broadcast(0.197489266f));
        TVector exponential = Exp<TLanes, TVector>(TLanes.Multiply(TLanes.Multiply(x, x), TLanes.Broadcast(-0.5f)));
        density = TLanes.Multiply(exponential, TLanes.Broadcast(InverseSqrt2Pi));
        TVector tail = TLanes.Multiply(TLanes.Multiply(TLanes.Multiply(exponential, s), p), TLanes.Broadcast(0.5f));
        return TLanes.WhereLess(default, x, TLanes.Subtract(one, tail), tail);
    }
}
