using System.ComponentModel;
using System.Numerics.Tensors;

namespace Lora;

public static partial class Nn
{
    /// <summary>−x, element by element.</summary>
    /// <param name="x">A tensor of any shape.</param>
    [Derivative(nameof(NegateBackward), Into = nameof(NegateInto), InPlace = true)]
    public static Tensor Negate(Tensor x)
    {
        ArgumentNullException.ThrowIfNull(x);
        Tensor result = Operation.Result(x.FullShape);
        NegateInto(x, result);
        return result;
    }

    /// <summary>Writes the result of <see cref="Negate"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void NegateInto(Tensor x, Tensor result) => TensorPrimitives.Negate(x.Span, result.Span);

    /// <summary>Adds the gradient of <see cref="Negate"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void NegateBackward(Tensor gradResult, Tensor gradX) => Elementwise.AccumulateScaled(gradResult, -1, gradX);
}
