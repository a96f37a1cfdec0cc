using System.ComponentModel;

namespace Lora;

public static partial class Nn
{
    /// <summary>x·Eᵀ with the table E of an embedding: the head of a model whose input and output weights are tied.</summary>
    /// <param name="x">[.., width].</param>
    /// <param name="embedding">The layer whose table is used.</param>
    /// <returns>[.., count].</returns>
    /// <exception cref="ArgumentException">The last dimension is not the embedding's width.</exception>
    /// <exception cref="InvalidOperationException">The embedding has an adapter: tied weights would adapt one side alone.</exception>
    [Derivative(
        nameof(ProjectBackward), Reads = Reads.InputsWhereTrained, Into = nameof(ProjectInto), Shape = nameof(ProjectShape),
        Dimensions = "x [.., embedding.Width] -> [.., embedding.Count]")]
    public static Tensor Project(Tensor x, Embedding embedding)
    {
        Tensor result = Operation.Result(ProjectShape(x, embedding));
        ProjectInto(x, embedding, result);
        return result;
    }

    /// <summary>The shape of the result of <see cref="Project"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static TensorShape ProjectShape(Tensor x, Embedding embedding)
    {
        ArgumentNullException.ThrowIfNull(embedding);
        embedding.CheckProjection(x);
        return x.FullShape.WithLast(embedding.Count);
    }

    /// <summary>Writes the result of <see cref="Project"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void ProjectInto(Tensor x, Embedding embedding, Tensor result) => embedding.Project(x, result);

    /// <summary>Adds the gradients of <see cref="Project"/>: of x, and of the table where it is trained in full.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void ProjectBackward(Tensor x, Embedding embedding, Tensor gradResult, Tensor? gradX) =>
        embedding.AddGradientsOfProjection(x, gradResult, gradX);
}
