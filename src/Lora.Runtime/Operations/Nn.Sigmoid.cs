using System.ComponentModel;
using System.Runtime.CompilerServices;

namespace Lora;

public static partial class Nn
{
    /// <summary>The logistic function, 1 / (1 + e⁻ˣ), element by element.</summary>
    /// <param name="x">A tensor of any shape.</param>
    [Derivative(nameof(SigmoidBackward), Reads = Reads.Result, Into = nameof(SigmoidInto), InPlace = true)]
    public static Tensor Sigmoid(Tensor x)
    {
        ArgumentNullException.ThrowIfNull(x);
        Tensor result = Operation.Result(x.FullShape);
        SigmoidInto(x, result);
        return result;
    }

    /// <summary>Writes the result of <see cref="Sigmoid"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void SigmoidInto(Tensor x, Tensor result) => Elementwise.Map<SigmoidMap>(x.Span, result.Span);

    /// <summary>Adds the gradient of <see cref="Sigmoid"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void SigmoidBackward(Tensor result, Tensor gradResult, Tensor gradX) => Elementwise.Accumulate<SigmoidGradient>(result, gradResult, gradX);

    private readonly struct SigmoidMap : IMap
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Of<TLanes, TVector>(TVector x)
            where TLanes : struct, ILanes<TVector>
            where TVector : struct => Functions.Sigmoid<TLanes, TVector>(x);
    }

    private readonly struct SigmoidGradient : IMap2
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Of<TLanes, TVector>(TVector x, TVector y)
            where TLanes : struct, ILanes<TVector>
            where TVector : struct => TLanes.Multiply(TLanes.Multiply(y, x), TLanes.Subtract(TLanes.Broadcast(1), x));
    }
}
