using System.ComponentModel;
using System.Runtime.CompilerServices;

namespace Lora;

public static partial class Nn
{
    /// <summary>x · Φ(x) with the normal distribution function Φ, element by element (Hendrycks and Gimpel 2016): the exact form, by erf.</summary>
    /// <param name="x">A tensor of any shape.</param>
    [Derivative(nameof(GeluBackward), Reads = Reads.Inputs, Into = nameof(GeluInto), InPlace = true, Recompute = true)]
    public static Tensor Gelu(Tensor x)
    {
        ArgumentNullException.ThrowIfNull(x);
        Tensor result = Operation.Result(x.FullShape);
        GeluInto(x, result);
        return result;
    }

    /// <summary>Writes the result of <see cref="Gelu"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void GeluInto(Tensor x, Tensor result) => Elementwise.Map<GeluMap>(x.Span, result.Span);

    /// <summary>Adds the gradient of <see cref="Gelu"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void GeluBackward(Tensor x, Tensor gradResult, Tensor gradX) => Elementwise.Accumulate<GeluGradient>(x, gradResult, gradX);

    private readonly struct GeluMap : IMap
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Of<TLanes, TVector>(TVector x)
            where TLanes : struct, ILanes<TVector>
            where TVector : struct => TLanes.Multiply(x, Functions.Normal<TLanes, TVector>(x, out _));
    }

    private readonly struct GeluGradient : IMap2
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Of<TLanes, TVector>(TVector x, TVector y)
            where TLanes : struct, ILanes<TVector>
            where TVector : struct
        {
            TVector distribution = Functions.Normal<TLanes, TVector>(x, out TVector density);
            return TLanes.Multiply(y, TLanes.Add(distribution, TLanes.Multiply(x, density)));
        }
    }
}
