using System.ComponentModel;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;

namespace Lora;

public static partial class Nn
{
    /// <summary>The hyperbolic tangent, element by element.</summary>
    /// <param name="x">A tensor of any shape.</param>
    [Derivative(nameof(TanhBackward), Reads = Reads.Result, Into = nameof(TanhInto), InPlace = true)]
    public static Tensor Tanh(Tensor x)
    {
        ArgumentNullException.ThrowIfNull(x);
        Tensor result = Operation.Result(x.FullShape);
        TanhInto(x, result);
        return result;
    }

    /// <summary>Writes the result of <see cref="Tanh"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void TanhInto(Tensor x, Tensor result) => TensorPrimitives.Tanh(x.Span, result.Span);

    /// <summary>Adds the gradient of <see cref="Tanh"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void TanhBackward(Tensor result, Tensor gradResult, Tensor gradX) => Elementwise.Accumulate<TanhGradient>(result, gradResult, gradX);

    private readonly struct TanhGradient : IMap2
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Of<TLanes, TVector>(TVector x, TVector y)
            where TLanes : struct, ILanes<TVector>
            where TVector : struct => TLanes.Multiply(y, TLanes.Subtract(TLanes.Broadcast(1), TLanes.Multiply(x, x)));
    }
}
