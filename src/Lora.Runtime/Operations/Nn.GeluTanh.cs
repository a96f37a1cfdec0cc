using System.ComponentModel;
using System.Runtime.CompilerServices;

namespace Lora;

public static partial class Nn
{
    /// <summary>GELU by its tanh approximation, ½·x·(1 + tanh(√(2/π)·(x + 0.044715·x³))), element by element (Hendrycks and Gimpel 2016).</summary>
    /// <param name="x">A tensor of any shape.</param>
    [Derivative(nameof(GeluTanhBackward), Reads = Reads.Inputs, Into = nameof(GeluTanhInto), InPlace = true, Recompute = true)]
    public static Tensor GeluTanh(Tensor x)
    {
        ArgumentNullException.ThrowIfNull(x);
        Tensor result = Operation.Result(x.FullShape);
        GeluTanhInto(x, result);
        return result;
    }

    /// <summary>Writes the result of <see cref="GeluTanh"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void GeluTanhInto(Tensor x, Tensor result) => Elementwise.Map<GeluTanhMap>(x.Span, result.Span);

    /// <summary>Adds the gradient of <see cref="GeluTanh"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void GeluTanhBackward(Tensor x, Tensor gradResult, Tensor gradX) => Elementwise.Accumulate<GeluTanhGradient>(x, gradResult, gradX);

    // ½·(1 + tanh u) = sigmoid(2u), and 2u = x·(c + d·x²).
    private readonly struct GeluTanhMap : IMap
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Of<TLanes, TVector>(TVector x)
            where TLanes : struct, ILanes<TVector>
            where TVector : struct => TLanes.Multiply(x, Functions.Sigmoid<TLanes, TVector>(TwiceInner<TLanes, TVector>(x)));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector TwiceInner<TLanes, TVector>(TVector x)
            where TLanes : struct, ILanes<TVector>
            where TVector : struct =>
            TLanes.Multiply(x, TLanes.MultiplyAdd(TLanes.Broadcast(TwiceCubic), TLanes.Multiply(x, x), TLanes.Broadcast(TwiceLinear)));
    }

    private readonly struct GeluTanhGradient : IMap2
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Of<TLanes, TVector>(TVector x, TVector y)
            where TLanes : struct, ILanes<TVector>
            where TVector : struct
        {
            TVector sigmoid = Functions.Sigmoid<TLanes, TVector>(GeluTanhMap.TwiceInner<TLanes, TVector>(x));
            TVector innerSlope = TLanes.MultiplyAdd(TLanes.Broadcast(3 * TwiceCubic), TLanes.Multiply(x, x), TLanes.Broadcast(TwiceLinear));
            TVector outerSlope = TLanes.Multiply(TLanes.Multiply(x, sigmoid), TLanes.Subtract(TLanes.Broadcast(1), sigmoid));
            return TLanes.Multiply(y, TLanes.MultiplyAdd(outerSlope, innerSlope, sigmoid));
        }
    }

    private const float TwiceLinear = 1.5957691216057308f;
    private const float TwiceCubic = 0.071354816272600252f;
}
