namespace Lora;

public static partial class Nn
{
    /// <summary>x·Wᵀ with the embedding's table, adapter included: a head that is tied to it.</summary>
    public static Tensor Project(Tensor x, Embedding embedding)
    {
        Tensor rows = Reshape(x, x.Length / embedding.Width, embedding.Width);
        return Reshape(MatMul(rows, Transpose(embedding.Table())), [.. x.Shape[..^1], embedding.Count]);
    }
}
