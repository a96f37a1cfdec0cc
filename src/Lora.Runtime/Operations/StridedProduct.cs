using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Lora;

/// <summary>
/// c = a·b, or c += a·b, where the matrices lie inside larger ones: element (i, p) of a at <c>i·rowStrideA + p·columnStrideA</c>, rows of b and c
/// contiguous and <c>strideB</c> and <c>strideC</c> apart. The accumulators of a tile of c stay in registers.
/// </summary>
internal static class StridedProduct
{
    private const int TileRows = 4;

    public static void Multiply(
        ReadOnlySpan<float> a, int rowStrideA, int columnStrideA, ReadOnlySpan<float> b, int strideB, Span<float> c, int strideC,
        int m, int n, int k, bool add)
    {
        if (m == 0 || n == 0)
        {
            return;
        }

        // The last element of each operand: what follows does not check bounds.
        _ = c[((m - 1) * strideC) + n - 1];
        if (k > 0)
        {
            _ = a[((m - 1) * rowStrideA) + ((k - 1) * columnStrideA)];
            _ = b[((k - 1) * strideB) + n - 1];
        }

        ref float aStart = ref MemoryMarshal.GetReference(a);
        ref float bStart = ref MemoryMarshal.GetReference(b);
        ref float cStart = ref MemoryMarshal.GetReference(c);
        int width = Vector<float>.Count;
        int i = 0;
        for (; i <= m - TileRows; i += TileRows)
        {
            ref float aRow = ref Unsafe.Add(ref aStart, i * rowStrideA);
            ref float cRow = ref Unsafe.Add(ref cStart, i * strideC);
            int j = 0;
            for (; j <= n - (2 * width); j += 2 * width)
            {
                FourByTwo(ref aRow, rowStrideA, columnStrideA, ref Unsafe.Add(ref bStart, j), strideB, ref Unsafe.Add(ref cRow, j), strideC, k, add);
            }

            for (; j <= n - width; j += width)
            {
                FourByOne(ref aRow, rowStrideA, columnStrideA, ref Unsafe.Add(ref bStart, j), strideB, ref Unsafe.Add(ref cRow, j), strideC, k, add);
            }

            for (int row = 0; j < n && row < TileRows; row++)
            {
                Rest(ref Unsafe.Add(ref aRow, row * rowStrideA), columnStrideA, ref bStart, strideB, ref Unsafe.Add(ref cRow, row * strideC), j, n, k, add);
            }
        }

        for (; i < m; i++)
        {
            ref float aRow = ref Unsafe.Add(ref aStart, i * rowStrideA);
            ref float cRow = ref Unsafe.Add(ref cStart, i * strideC);
            int j = 0;
            for (; j <= n - width; j += width)
            {
                OneByOne(ref aRow, columnStrideA, ref Unsafe.Add(ref bStart, j), strideB, ref Unsafe.Add(ref cRow, j), k, add);
            }

            Rest(ref aRow, columnStrideA, ref bStart, strideB, ref cRow, j, n, k, add);
        }
    }

    private static void FourByTwo(
        ref float a, int rowStrideA, int columnStrideA, ref float b, int strideB, ref float c, int strideC, int k, bool add)
    {
        nuint second = (nuint)Vector<float>.Count;
        Vector<float> c00 = Vector<float>.Zero;
        Vector<float> c01 = Vector<float>.Zero;
        Vector<float> c10 = Vector<float>.Zero;
        Vector<float> c11 = Vector<float>.Zero;
        Vector<float> c20 = Vector<float>.Zero;
        Vector<float> c21 = Vector<float>.Zero;
        Vector<float> c30 = Vector<float>.Zero;
        Vector<float> c31 = Vector<float>.Zero;
        for (int p = 0; p < k; p++)
        {
            var b0 = Vector.LoadUnsafe(ref b);
            var b1 = Vector.LoadUnsafe(ref b, second);
            var a0 = new Vector<float>(a);
            c00 = Vector.FusedMultiplyAdd(a0, b0, c00);
            c01 = Vector.FusedMultiplyAdd(a0, b1, c01);
            var a1 = new Vector<float>(Unsafe.Add(ref a, rowStrideA));
            c10 = Vector.FusedMultiplyAdd(a1, b0, c10);
            c11 = Vector.FusedMultiplyAdd(a1, b1, c11);
            var a2 = new Vector<float>(Unsafe.Add(ref a, 2 * rowStrideA));
            c20 = Vector.FusedMultiplyAdd(a2, b0, c20);
            c21 = Vector.FusedMultiplyAdd(a2, b1, c21);
            var a3 = new Vector<float>(Unsafe.Add(ref a, 3 * rowStrideA));
            c30 = Vector.FusedMultiplyAdd(a3, b0, c30);
            c31 = Vector.FusedMultiplyAdd(a3, b1, c31);
            a = ref Unsafe.Add(ref a, columnStrideA);
            b = ref Unsafe.Add(ref b, strideB);
        }

        Store(c00, ref c, 0, add);
        Store(c01, ref c, second, add);
        c = ref Unsafe.Add(ref c, strideC);
        Store(c10, ref c, 0, add);
        Store(c11, ref c, second, add);
        c = ref Unsafe.Add(ref c, strideC);
        Store(c20, ref c, 0, add);
        Store(c21, ref c, second, add);
        c = ref Unsafe.Add(ref c, strideC);
        Store(c30, ref c, 0, add);
        Store(c31, ref c, second, add);
    }

    private static void FourByOne(
        ref float a, int rowStrideA, int columnStrideA, ref float b, int strideB, ref float c, int strideC, int k, bool add)
    {
        Vector<float> c0 = Vector<float>.Zero;
        Vector<float> c1 = Vector<float>.Zero;
        Vector<float> c2 = Vector<float>.Zero;
        Vector<float> c3 = Vector<float>.Zero;
        for (int p = 0; p < k; p++)
        {
            var row = Vector.LoadUnsafe(ref b);
            c0 = Vector.FusedMultiplyAdd(new Vector<float>(a), row, c0);
            c1 = Vector.FusedMultiplyAdd(new Vector<float>(Unsafe.Add(ref a, rowStrideA)), row, c1);
            c2 = Vector.FusedMultiplyAdd(new Vector<float>(Unsafe.Add(ref a, 2 * rowStrideA)), row, c2);
            c3 = Vector.FusedMultiplyAdd(new Vector<float>(Unsafe.Add(ref a, 3 * rowStrideA)), row, c3);
            a = ref Unsafe.Add(ref a, columnStrideA);
            b = ref Unsafe.Add(ref b, strideB);
        }

        Store(c0, ref c, 0, add);
        Store(c1, ref Unsafe.Add(ref c, strideC), 0, add);
        Store(c2, ref Unsafe.Add(ref c, 2 * strideC), 0, add);
        Store(c3, ref Unsafe.Add(ref c, 3 * strideC), 0, add);
    }

    private static void OneByOne(ref float a, int columnStrideA, ref float b, int strideB, ref float c, int k, bool add)
    {
        Vector<float> sum = Vector<float>.Zero;
        for (int p = 0; p < k; p++)
        {
            sum = Vector.FusedMultiplyAdd(new Vector<float>(Unsafe.Add(ref a, p * columnStrideA)), Vector.LoadUnsafe(ref b), sum);
            b = ref Unsafe.Add(ref b, strideB);
        }

        Store(sum, ref c, 0, add);
    }

    private static void Rest(ref float a, int columnStrideA, ref float b, int strideB, ref float c, int from, int n, int k, bool add)
    {
        for (int j = from; j < n; j++)
        {
            float sum = 0;
            for (int p = 0; p < k; p++)
            {
                sum += Unsafe.Add(ref a, p * columnStrideA) * Unsafe.Add(ref b, (p * strideB) + j);
            }

            ref float target = ref Unsafe.Add(ref c, j);
            target = add ? target + sum : sum;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector<float> value, ref float c, nuint offset, bool add)
    {
        if (add)
        {
            value += Vector.LoadUnsafe(ref c, offset);
        }

        value.StoreUnsafe(ref c, offset);
    }
}
