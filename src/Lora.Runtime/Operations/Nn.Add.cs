using System.ComponentModel;
using System.Numerics.Tensors;

namespace Lora;

/// <summary>The operations of models, each declared with its derivative.</summary>
public static partial class Nn
{
    /// <summary>The sum of two tensors of one shape.</summary>
    /// <param name="a">The first.</param>
    /// <param name="b">The second.</param>
    [Derivative(nameof(AddBackward), Into = nameof(AddInto), InPlace = true)]
    public static Tensor Add(Tensor a, Tensor b) => Operation.Run(AddInto, a, b, a.Shape);

    /// <summary>Writes the result of <see cref="Add"/>.</summary>
    /// <param name="a">The first.</param>
    /// <param name="b">The second.</param>
    /// <param name="result">Takes the result.</param>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void AddInto(Tensor a, Tensor b, Tensor result) => TensorPrimitives.Add(a.Span, b.Span, result.Span);

    /// <summary>Adds the gradients of <see cref="Add"/>.</summary>
    /// <param name="gradResult">The gradient of the result.</param>
    /// <param name="gradA">Takes the gradient of a, or null.</param>
    /// <param name="gradB">Takes the gradient of b, or null.</param>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void AddBackward(Tensor gradResult, Tensor? gradA, Tensor? gradB)
    {
        AddTo(gradA, gradResult);
        AddTo(gradB, gradResult);
    }

    private static void AddTo(Tensor? gradient, Tensor contribution)
    {
        if (gradient is null)
        {
            return;
        }

        Span<float> target = gradient.BeginAccumulate(out bool overwrite);
        if (overwrite)
        {
            contribution.Span.CopyTo(target);
        }
        else
        {
            TensorPrimitives.Add(target, contribution.Span, target);
        }
    }
}
