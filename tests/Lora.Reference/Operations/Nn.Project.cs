namespace Lora;

public static partial class Nn
{
    /// <summary>x·Wᵀ with the embedding's table, adapter included: a head that is tied to it.</summary>
    public static Tensor Project(Tensor x, Embedding embedding) => MatMul(x, Transpose(embedding.Table()));
}
