using System.ComponentModel;
using System.Numerics;

namespace Lora;

public static partial class Nn
{
    /// <summary>GELU by its tanh approximation, ½·x·(1 + tanh(√(2/π)·(x + 0.044715·x³))), element by element (Hendrycks and Gimpel 2016).</summary>
    /// <param name="x">A tensor of any shape.</param>
    [Derivative(nameof(GeluTanhBackward), Reads = Reads.Inputs, Into = nameof(GeluTanhInto), InPlace = true)]
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
        public static Vector<float> Of(Vector<float> x) => x * Functions.Sigmoid(TwiceInner(x));

        public static Vector<float> TwiceInner(Vector<float> x) => x * Vector.FusedMultiplyAdd(new Vector<float>(TwiceCubic), x * x, new Vector<float>(TwiceLinear));
    }

    private readonly struct GeluTanhGradient : IMap2
    {
        public static Vector<float> Of(Vector<float> x, Vector<float> y)
        {
            Vector<float> sigmoid = Functions.Sigmoid(GeluTanhMap.TwiceInner(x));
            Vector<float> innerSlope = Vector.FusedMultiplyAdd(new Vector<float>(3 * TwiceCubic), x * x, new Vector<float>(TwiceLinear));
            return y * Vector.FusedMultiplyAdd(x * sigmoid * (Vector<float>.One - sigmoid), innerSlope, sigmoid);
        }
    }

    private const float TwiceLinear = 1.5957691216057308f;
    private const float TwiceCubic = 0.071354816272600252f;
}
