using System.ComponentModel;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;

namespace Lora;

public static partial class Nn
{
    /// <summary>a + b, element by element, broadcast as NumPy does.</summary>
    /// <param name="a">A tensor.</param>
    /// <param name="b">A tensor of the same shape, or of one that broadcasts with it.</param>
    /// <exception cref="ArgumentException">The shapes do not broadcast.</exception>
    [Derivative(nameof(AddBackward), Into = nameof(AddInto), Shape = nameof(AddShape), InPlace = true, SharesGradient = [nameof(a), nameof(b)], Dimensions = Broadcasting)]
    public static Tensor Add(Tensor a, Tensor b)
    {
        Tensor result = Operation.Result(AddShape(a, b));
        AddInto(a, b, result);
        return result;
    }

    /// <summary>The shape of the result of <see cref="Add(Tensor, Tensor)"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static TensorShape AddShape(Tensor a, Tensor b) => Broadcast.Shape(a, b, nameof(Add));

    /// <summary>Writes the result of <see cref="Add(Tensor, Tensor)"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void AddInto(Tensor a, Tensor b, Tensor result) => Broadcast.Map<SumMap>(a, b, result, nameof(Add));

    /// <summary>Adds the gradients of <see cref="Add(Tensor, Tensor)"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void AddBackward(Tensor gradResult, Tensor? gradA, Tensor? gradB)
    {
        Broadcast.AccumulateSum(gradResult, 1, gradA);
        Broadcast.AccumulateSum(gradResult, 1, gradB);
    }

    /// <summary>x + value, element by element.</summary>
    /// <param name="x">A tensor.</param>
    /// <param name="value">A number, which no gradient flows to.</param>
    [Derivative(nameof(AddNumberBackward), Into = nameof(AddNumberInto), InPlace = true, SharesGradient = [nameof(x)])]
    public static Tensor Add(Tensor x, [NoDerivative] float value)
    {
        ArgumentNullException.ThrowIfNull(x);
        Tensor result = Operation.Result(x.FullShape);
        AddNumberInto(x, value, result);
        return result;
    }

    /// <summary>Writes the result of <see cref="Add(Tensor, float)"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void AddNumberInto(Tensor x, float value, Tensor result) => TensorPrimitives.Add(x.Span, value, result.Span);

    /// <summary>Writes the sum of a number and a tensor.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void AddNumberInto(float value, Tensor x, Tensor result) => TensorPrimitives.Add(x.Span, value, result.Span);

    /// <summary>Adds the gradient of <see cref="Add(Tensor, float)"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void AddNumberBackward(Tensor gradResult, Tensor? gradX) => Elementwise.Accumulate(gradResult, gradX);

    private readonly struct SumMap : IMap2
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Of<TLanes, TVector>(TVector x, TVector y)
            where TLanes : struct, ILanes<TVector>
            where TVector : struct => TLanes.Add(x, y);
    }
}
