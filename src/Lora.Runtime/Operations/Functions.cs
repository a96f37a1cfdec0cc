using System.Numerics;
using System.Runtime.CompilerServices;

namespace Lora;

/// <summary>The transcendental functions that several operations use, on vectors.</summary>
internal static class Functions
{
    private const float InverseSqrt2Pi = 0.398942280401432678f;
    private const float InverseSqrt2 = 0.707106781186547524f;

    /// <summary>1 / (1 + e⁻ˣ): 0 and 1 at the infinities, with small results to full relative precision.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Sigmoid(Vector<float> x) => Vector<float>.One / (Vector<float>.One + Vector.Exp(-x));

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
        Vector<float> exponential = Vector.Exp(x * x * new Vector<float>(-0.5f));
        density = exponential * new Vector<float>(InverseSqrt2Pi);
        Vector<float> tail = exponential * s * p * new Vector<float>(0.5f);
        return Vector.ConditionalSelect(Vector.GreaterThan(x, Vector<float>.Zero), Vector<float>.One - tail, tail);
    }
}
