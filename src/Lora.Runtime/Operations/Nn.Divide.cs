using System.ComponentModel;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;

namespace Lora;

public static partial class Nn
{
    /// <summary>a / b, element by element, broadcast as NumPy does.</summary>
    /// <param name="a">A tensor.</param>
    /// <param name="b">A tensor of the same shape, or of one that broadcasts with it.</param>
    /// <exception cref="ArgumentException">The shapes do not broadcast.</exception>
    [Derivative(nameof(DivideBackward), Reads = Reads.Inputs, Into = nameof(DivideInto), Shape = nameof(DivideShape), InPlace = true, Recompute = true, Dimensions = Broadcasting)]
    public static Tensor Divide(Tensor a, Tensor b)
    {
        Tensor result = Operation.Result(DivideShape(a, b));
        DivideInto(a, b, result);
        return result;
    }

    /// <summary>The shape of the result of <see cref="Divide(Tensor, Tensor)"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static TensorShape DivideShape(Tensor a, Tensor b) => Broadcast.Shape(a, b, nameof(Divide));

    /// <summary>Writes the result of <see cref="Divide(Tensor, Tensor)"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void DivideInto(Tensor a, Tensor b, Tensor result) => Broadcast.Map<QuotientMap>(a, b, result, nameof(Divide));

    /// <summary>Adds the gradients of <see cref="Divide(Tensor, Tensor)"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void DivideBackward(Tensor a, Tensor b, Tensor gradResult, Tensor? gradA, Tensor? gradB)
    {
        Broadcast.Accumulate<DividendGradient>(b, b, gradResult, gradA);
        Broadcast.Accumulate<DivisorGradient>(a, b, gradResult, gradB);
    }

    /// <summary>x / value, element by element.</summary>
    /// <param name="x">A tensor.</param>
    /// <param name="value">A number, which no gradient flows to.</param>
    [Derivative(nameof(DivideNumberBackward), Into = nameof(DivideNumberInto), InPlace = true)]
    public static Tensor Divide(Tensor x, [NoDerivative] float value)
    {
        ArgumentNullException.ThrowIfNull(x);
        Tensor result = Operation.Result(x.FullShape);
        DivideNumberInto(x, value, result);
        return result;
    }

    /// <summary>Writes the result of <see cref="Divide(Tensor, float)"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void DivideNumberInto(Tensor x, float value, Tensor result) => TensorPrimitives.Divide(x.Span, value, result.Span);

    /// <summary>Adds the gradient of <see cref="Divide(Tensor, float)"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void DivideNumberBackward(float value, Tensor gradResult, Tensor gradX) =>
        Elementwise.AccumulateScaled(gradResult, 1 / value, gradX);

    /// <summary>value / x, element by element.</summary>
    /// <param name="value">A number, which no gradient flows to.</param>
    /// <param name="x">A tensor.</param>
    [Derivative(nameof(DivideIntoNumberBackward), Reads = Reads.Inputs, Into = nameof(DivideIntoNumberInto), InPlace = true)]
    public static Tensor Divide([NoDerivative] float value, Tensor x)
    {
        ArgumentNullException.ThrowIfNull(x);
        Tensor result = Operation.Result(x.FullShape);
        DivideIntoNumberInto(value, x, result);
        return result;
    }

    /// <summary>Writes the result of <see cref="Divide(float, Tensor)"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void DivideIntoNumberInto(float value, Tensor x, Tensor result) => TensorPrimitives.Divide(value, x.Span, result.Span);

    /// <summary>Adds the gradient of <see cref="Divide(float, Tensor)"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void DivideIntoNumberBackward(float value, Tensor x, Tensor gradResult, Tensor gradX)
    {
        ReadOnlySpan<float> values = x.Span;
        ReadOnlySpan<float> g = gradResult.Span;
        Span<float> target = gradX.Span;
        for (int i = 0; i < target.Length; i++)
        {
            target[i] -= g[i] * (value / values[i]) / values[i];
        }
    }

    private readonly struct QuotientMap : IMap2
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Of<TLanes, TVector>(TVector x, TVector y)
            where TLanes : struct, ILanes<TVector>
            where TVector : struct => TLanes.Divide(x, y);
    }

    private readonly struct DividendGradient : IMap3
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Of<TLanes, TVector>(TVector x, TVector y, TVector z)
            where TLanes : struct, ILanes<TVector>
            where TVector : struct => TLanes.Divide(z, x);
    }

    private readonly struct DivisorGradient : IMap3
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Of<TLanes, TVector>(TVector x, TVector y, TVector z)
            where TLanes : struct, ILanes<TVector>
            where TVector : struct => TLanes.Multiply(TLanes.Broadcast(-1), TLanes.Divide(TLanes.Multiply(z, TLanes.Divide(x, y)), y));
    }
}
