using System.ComponentModel;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;

namespace Lora;

public static partial class Nn
{
    /// <summary>a · b, element by element, broadcast as NumPy does.</summary>
    /// <param name="a">A tensor.</param>
    /// <param name="b">A tensor of the same shape, or of one that broadcasts with it.</param>
    /// <exception cref="ArgumentException">The shapes do not broadcast.</exception>
    [Derivative(
        nameof(MultiplyBackward), Reads = Reads.Inputs, Into = nameof(MultiplyInto), Shape = nameof(MultiplyShape), InPlace = true, Recompute = true,
        Dimensions = Broadcasting)]
    public static Tensor Multiply(Tensor a, Tensor b)
    {
        Tensor result = Operation.Result(MultiplyShape(a, b));
        MultiplyInto(a, b, result);
        return result;
    }

    /// <summary>The shape of the result of <see cref="Multiply(Tensor, Tensor)"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static TensorShape MultiplyShape(Tensor a, Tensor b) => Broadcast.Shape(a, b, nameof(Multiply));

    /// <summary>Writes the result of <see cref="Multiply(Tensor, Tensor)"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void MultiplyInto(Tensor a, Tensor b, Tensor result) => Broadcast.Map<ProductMap>(a, b, result, nameof(Multiply));

    /// <summary>Adds the gradients of <see cref="Multiply(Tensor, Tensor)"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void MultiplyBackward(Tensor a, Tensor b, Tensor gradResult, Tensor? gradA, Tensor? gradB)
    {
        Broadcast.Accumulate<ProductGradient>(b, b, gradResult, gradA);
        Broadcast.Accumulate<ProductGradient>(a, a, gradResult, gradB);
    }

    /// <summary>x · value, element by element.</summary>
    /// <param name="x">A tensor.</param>
    /// <param name="value">A number, which no gradient flows to.</param>
    [Derivative(nameof(MultiplyNumberBackward), Into = nameof(MultiplyNumberInto), InPlace = true)]
    public static Tensor Multiply(Tensor x, [NoDerivative] float value)
    {
        ArgumentNullException.ThrowIfNull(x);
        Tensor result = Operation.Result(x.FullShape);
        MultiplyNumberInto(x, value, result);
        return result;
    }

    /// <summary>Writes the result of <see cref="Multiply(Tensor, float)"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void MultiplyNumberInto(Tensor x, float value, Tensor result) => TensorPrimitives.Multiply(x.Span, value, result.Span);

    /// <summary>Writes the product of a number and a tensor.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void MultiplyNumberInto(float value, Tensor x, Tensor result) => TensorPrimitives.Multiply(x.Span, value, result.Span);

    /// <summary>Adds the gradient of <see cref="Multiply(Tensor, float)"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void MultiplyNumberBackward(float value, Tensor gradResult, Tensor gradX) => Elementwise.AccumulateScaled(gradResult, value, gradX);

    private readonly struct ProductMap : IMap2
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Of<TLanes, TVector>(TVector x, TVector y)
            where TLanes : struct, ILanes<TVector>
            where TVector : struct => TLanes.Multiply(x, y);
    }

    private readonly struct ProductGradient : IMap3
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Of<TLanes, TVector>(TVector x, TVector y, TVector z)
            where TLanes : struct, ILanes<TVector>
            where TVector : struct => TLanes.Multiply(x, z);
    }
}
