namespace Lora;

/// <summary>
/// c = a·b, or c += a·b, where the matrices lie inside larger ones: element (i, p) of a at <c>i·rowStrideA + p·columnStrideA</c>, rows of b and c
/// contiguous and <c>strideB</c> and <c>strideC</c> apart.
/// </summary>
internal static unsafe class StridedProduct
{
    public static void Multiply(
        float* a, nint rowStrideA, nint columnStrideA, float* b, nint strideB, float* c, nint strideC, int m, int n, int k, bool add)
    {
        // A sum without terms is zero too.
        int step = 0;
        do
        {
            Tile.Run(
                new TileJob
                {
                    A = a + (step * columnStrideA),
                    RowStride = rowStrideA,
                    Step = columnStrideA,
                    B = b + (step * strideB),
                    BStride = strideB,
                    Depth = Math.Min(Tile.MaxDepth, k - step),
                    C = c,
                    CStride = strideC,
                    Add = add || step > 0,
                },
                m,
                n);
            step += Tile.MaxDepth;
        }
        while (step < k);
    }
}
