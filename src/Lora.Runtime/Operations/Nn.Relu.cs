using System.ComponentModel;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;

namespace Lora;

public static partial class Nn
{
    /// <summary>The rectifier, max(x, 0), element by element; NaN stays NaN.</summary>
    /// <param name="x">A tensor of any shape.</param>
    [Derivative(nameof(ReluBackward), Reads = Reads.Result, Into = nameof(ReluInto), InPlace = true)]
    public static Tensor Relu(Tensor x)
    {
        ArgumentNullException.ThrowIfNull(x);
        Tensor result = Operation.Result(x.FullShape);
        ReluInto(x, result);
        return result;
    }

    /// <summary>Writes the result of <see cref="Relu"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void ReluInto(Tensor x, Tensor result) => TensorPrimitives.Max(x.Span, 0f, result.Span);

    /// <summary>Adds the gradient of <see cref="Relu"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void ReluBackward(Tensor result, Tensor gradResult, Tensor gradX) => Elementwise.Accumulate<ReluGradient>(result, gradResult, gradX);

    private readonly struct ReluGradient : IMap2
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Of<TLanes, TVector>(TVector x, TVector y)
            where TLanes : struct, ILanes<TVector>
            where TVector : struct => TLanes.WhereLess(default, x, y, default);
    }
}
