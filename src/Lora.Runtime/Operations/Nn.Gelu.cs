using System.ComponentModel;
using System.Numerics;

namespace Lora;

public static partial class Nn
{
    /// <summary>x · Φ(x) with the normal distribution function Φ, element by element (Hendrycks and Gimpel 2016): the exact form, by erf.</summary>
    /// <param name="x">A tensor of any shape.</param>
    [Derivative(nameof(GeluBackward), Reads = Reads.Inputs, Into = nameof(GeluInto), InPlace = true)]
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
        public static Vector<float> Of(Vector<float> x) => x * Functions.Normal(x, out _);
    }

    private readonly struct GeluGradient : IMap2
    {
        public static Vector<float> Of(Vector<float> x, Vector<float> y)
        {
            Vector<float> distribution = Functions.Normal(x, out Vector<float> density);
            return y * (distribution + (x * density));
        }
    }
}
