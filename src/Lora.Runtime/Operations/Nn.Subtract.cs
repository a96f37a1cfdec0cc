using System.ComponentModel;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;

namespace Lora;

public static partial class Nn
{
    /// <summary>a − b, element by element, broadcast as NumPy does.</summary>
    /// <param name="a">A tensor.</param>
    /// <param name="b">A tensor of the same shape, or of one that broadcasts with it.</param>
    /// <exception cref="ArgumentException">The shapes do not broadcast.</exception>
    [Derivative(nameof(SubtractBackward), Into = nameof(SubtractInto), Shape = nameof(SubtractShape), InPlace = true, SharesGradient = [nameof(a)], Dimensions = Broadcasting)]
    public static Tensor Subtract(Tensor a, Tensor b)
    {
        Tensor result = Operation.Result(SubtractShape(a, b));
        SubtractInto(a, b, result);
        return result;
    }

    /// <summary>The shape of the result of <see cref="Subtract(Tensor, Tensor)"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static TensorShape SubtractShape(Tensor a, Tensor b) => Broadcast.Shape(a, b, nameof(Subtract));

    /// <summary>Writes the result of <see cref="Subtract(Tensor, Tensor)"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void SubtractInto(Tensor a, Tensor b, Tensor result) => Broadcast.Map<DifferenceMap>(a, b, result, nameof(Subtract));

    /// <summary>Adds the gradients of <see cref="Subtract(Tensor, Tensor)"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void SubtractBackward(Tensor gradResult, Tensor? gradA, Tensor? gradB)
    {
        Broadcast.AccumulateSum(gradResult, 1, gradA);
        Broadcast.AccumulateSum(gradResult, -1, gradB);
    }

    /// <summary>x − value, element by element.</summary>
    /// <param name="x">A tensor.</param>
    /// <param name="value">A number, which no gradient flows to.</param>
    [Derivative(nameof(SubtractNumberBackward), Into = nameof(SubtractNumberInto), InPlace = true, SharesGradient = [nameof(x)])]
    public static Tensor Subtract(Tensor x, [NoDerivative] float value)
    {
        ArgumentNullException.ThrowIfNull(x);
        Tensor result = Operation.Result(x.FullShape);
        SubtractNumberInto(x, value, result);
        return result;
    }

    /// <summary>Writes the result of <see cref="Subtract(Tensor, float)"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void SubtractNumberInto(Tensor x, float value, Tensor result) => TensorPrimitives.Subtract(x.Span, value, result.Span);

    /// <summary>Adds the gradient of <see cref="Subtract(Tensor, float)"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void SubtractNumberBackward(Tensor gradResult, Tensor? gradX) => Elementwise.Accumulate(gradResult, gradX);

    /// <summary>value − x, element by element.</summary>
    /// <param name="value">A number, which no gradient flows to.</param>
    /// <param name="x">A tensor.</param>
    [Derivative(nameof(SubtractFromNumberBackward), Into = nameof(SubtractFromNumberInto), InPlace = true)]
    public static Tensor Subtract([NoDerivative] float value, Tensor x)
    {
        ArgumentNullException.ThrowIfNull(x);
        Tensor result = Operation.Result(x.FullShape);
        SubtractFromNumberInto(value, x, result);
        return result;
    }

    /// <summary>Writes the result of <see cref="Subtract(float, Tensor)"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void SubtractFromNumberInto(float value, Tensor x, Tensor result) => TensorPrimitives.Subtract(value, x.Span, result.Span);

    /// <summary>Adds the gradient of <see cref="Subtract(float, Tensor)"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void SubtractFromNumberBackward(Tensor gradResult, Tensor gradX) => Elementwise.AccumulateScaled(gradResult, -1, gradX);

    private readonly struct DifferenceMap : IMap2
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Of<TLanes, TVector>(TVector x, TVector y)
            where TLanes : struct, ILanes<TVector>
            where TVector : struct => TLanes.Subtract(x, y);
    }
}
