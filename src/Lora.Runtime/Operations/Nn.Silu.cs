using System.ComponentModel;
using System.Runtime.CompilerServices;

namespace Lora;

public static partial class Nn
{
    /// <summary>x · sigmoid(x), element by element (Elfwing et al. 2017; "swish").</summary>
    /// <param name="x">A tensor of any shape.</param>
    [Derivative(nameof(SiluBackward), Reads = Reads.Inputs, Into = nameof(SiluInto), InPlace = true, Recompute = true)]
    public static Tensor Silu(Tensor x)
    {
        ArgumentNullException.ThrowIfNull(x);
        Tensor result = Operation.Result(x.FullShape);
        SiluInto(x, result);
        return result;
    }

    /// <summary>Writes the result of <see cref="Silu"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void SiluInto(Tensor x, Tensor result) => Elementwise.Map<SiluMap>(x.Span, result.Span);

    /// <summary>Adds the gradient of <see cref="Silu"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void SiluBackward(Tensor x, Tensor gradResult, Tensor gradX) => Elementwise.Accumulate<SiluGradient>(x, gradResult, gradX);

    private readonly struct SiluMap : IMap
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Of<TLanes, TVector>(TVector x)
            where TLanes : struct, ILanes<TVector>
            where TVector : struct => TLanes.Multiply(x, Functions.Sigmoid<TLanes, TVector>(x));
    }

    private readonly struct SiluGradient : IMap2
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Of<TLanes, TVector>(TVector x, TVector y)
            where TLanes : struct, ILanes<TVector>
            where TVector : struct => TLanes.Multiply(y, Functions.SiluSlope<TLanes, TVector>(x, Functions.Sigmoid<TLanes, TVector>(x)));
    }
}
