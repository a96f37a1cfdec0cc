namespace Lora;

public static partial class Nn
{
    /// <summary>[.., m, k] × [.., k, n] → [.., m, n], with the leading dimensions broadcast.</summary>
    public static Tensor MatMul(Tensor a, Tensor b)
    {
        int inner = a.Shape[^1];
        if (b.Shape[^2] != inner)
        {
            throw new ArgumentException($"The inner dimensions {inner} and {b.Shape[^2]} differ.");
        }

        int[] leading = BroadcastShape(a.Shape[..^2], b.Shape[..^2]);
        Tensor result = Tensor.Zeros([.. leading, a.Shape[^2], b.Shape[^1]]);
        foreach (int[] index in Indices(result.Shape.ToArray()))
        {
            int[] aLeading = Aligned(index.AsSpan()[..^2], a.Shape[..^2]);
            int[] bLeading = Aligned(index.AsSpan()[..^2], b.Shape[..^2]);
            for (int k = 0; k < inner; k++)
            {
                result[index] += a[[.. aLeading, index[^2], k]] * b[[.. bLeading, k, index[^1]]];
            }
        }

        return result;
    }
}
