using System.ComponentModel;
using System.Numerics.Tensors;

namespace Lora;

public static partial class Nn
{
    /// <summary>The rectifier, max(x, 0), element by element.</summary>
    /// <param name="x">A tensor of any shape.</param>
    [Derivative(nameof(ReluBackward), Reads = Reads.Result, Into = nameof(ReluInto), InPlace = true)]
    public static Tensor Relu(Tensor x) => Operation.Run(ReluInto, x, x.Shape);

    /// <summary>Writes the result of <see cref="Relu"/>.</summary>
    /// <param name="x">The input.</param>
    /// <param name="result">Takes the result; may share the memory of <paramref name="x"/>.</param>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void ReluInto(Tensor x, Tensor result) => TensorPrimitives.Max(x.Span, 0f, result.Span);

    /// <summary>Adds the gradient of <see cref="Relu"/>: that of the result where the result is positive.</summary>
    /// <param name="result">The result.</param>
    /// <param name="gradResult">Its gradient.</param>
    /// <param name="gradX">Takes the gradient of x.</param>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void ReluBackward(Tensor result, Tensor gradResult, Tensor gradX)
    {
        ReadOnlySpan<float> y = result.Span;
        ReadOnlySpan<float> g = gradResult.Span;
        Span<float> target = gradX.Span;
        for (int i = 0; i < target.Length; i++)
        {
            target[i] += y[i] > 0 ? g[i] : 0;
        }
    }
}
