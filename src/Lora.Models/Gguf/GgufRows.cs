namespace Lora.Models;

/// <summary>
/// The two orders of the rows of queries and keys: Hugging Face turns row i of a head together with row i + d/2, llama.cpp row 2i with row 2i + 1.
/// </summary>
internal static class GgufRows
{
    /// <summary>From Hugging Face's order to llama.cpp's.</summary>
    /// <param name="matrix">[heads · d, columns].</param>
    /// <param name="heads">The number of heads.</param>
    public static Tensor Interleave(Tensor matrix, int heads) => Reorder(matrix, heads, (half, i) => (i % half * 2) + (i / half));

    /// <summary>From llama.cpp's order to Hugging Face's.</summary>
    /// <inheritdoc cref="Interleave"/>
    public static Tensor Separate(Tensor matrix, int heads) => Reorder(matrix, heads, (half, i) => (i % 2 * half) + (i / 2));

    private static Tensor Reorder(Tensor matrix, int heads, Func<int, int, int> target)
    {
        int width = matrix.Shape[0] / heads;
        int columns = matrix.Shape[1];
        Tensor result = Tensor.Zeros(matrix.Shape);
        for (int row = 0; row < matrix.Shape[0]; row++)
        {
            int to = (row / width * width) + target(width / 2, row % width);
            matrix.Span.Slice(row * columns, columns).CopyTo(result.Span.Slice(to * columns, columns));
        }

        return result;
    }
}
