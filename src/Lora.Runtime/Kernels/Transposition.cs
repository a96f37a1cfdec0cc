using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Lora;

/// <summary>Copies a block with rows and columns exchanged, in squares that are turned over in registers.</summary>
internal static unsafe class Transposition
{
    private const int Small = 4;
    private const int FloatsOfCacheLine = 16;

    // That of the largest squares that this machine turns over.
    private static int Side =>
        VectorWidth.Has512 ? TransposedSquare.Side
        : VectorWidth.Has256 && Avx.IsSupported ? TransposedSquareOfEight.Side
        : Small;

    /// <summary>target[c, r] = source[r, c], or += source[r, c].</summary>
    public static void Run(float* source, nint sourceStride, int rows, int columns, float* target, nint targetStride, bool add)
    {
        int side = Side;
        int largeRows = side > Small ? rows - (rows % side) : 0;
        int largeColumns = side > Small ? columns - (columns % side) : 0;
        if (side == TransposedSquare.Side)
        {
            RunSixteens(source, sourceStride, largeRows, largeColumns, target, targetStride, add);
        }
        else
        {
            RunEights(source, sourceStride, largeRows, largeColumns, target, targetStride, add);
        }

        // Beside and below the large squares.
        RunSmall(source + largeColumns, sourceStride, largeRows, columns - largeColumns, target + (largeColumns * targetStride), targetStride, add);
        RunSmall(source + (largeRows * sourceStride), sourceStride, rows - largeRows, columns, target + largeRows, targetStride, add);
    }

    /// <summary>The columns of four rows of four.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Four(
        Vector128<float> r0,
        Vector128<float> r1,
        Vector128<float> r2,
        Vector128<float> r3,
        out Vector128<float> c0,
        out Vector128<float> c1,
        out Vector128<float> c2,
        out Vector128<float> c3)
    {
        // Rows 0 2 and 1 3 interleaved, and these interleaved again, are the columns.
        Vector128<float> low02 = ZipLow(r0, r2);
        Vector128<float> high02 = ZipHigh(r0, r2);
        Vector128<float> low13 = ZipLow(r1, r3);
        Vector128<float> high13 = ZipHigh(r1, r3);
        c0 = ZipLow(low02, low13);
        c1 = ZipHigh(low02, low13);
        c2 = ZipLow(high02, high13);
        c3 = ZipHigh(high02, high13);
    }

    private static void RunSixteens(float* source, nint sourceStride, int rows, int columns, float* target, nint targetStride, bool add)
    {
        for (int column = 0; column < columns; column += TransposedSquare.Side)
        {
            for (int row = 0; row < rows; row += TransposedSquare.Side)
            {
                TransposedSquare.Run(source + (row * sourceStride) + column, sourceStride, target + (column * targetStride) + row, targetStride, add);
            }
        }
    }

    // Two squares side by side are a cache line of each row.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void RunEights(float* source, nint sourceStride, int rows, int columns, float* target, nint targetStride, bool add)
    {
        for (int first = 0; first < columns; first += FloatsOfCacheLine)
        {
            int end = Math.Min(first + FloatsOfCacheLine, columns);
            for (int row = 0; row < rows; row += TransposedSquareOfEight.Side)
            {
                for (int column = first; column < end; column += TransposedSquareOfEight.Side)
                {
                    TransposedSquareOfEight.Run(source + (row * sourceStride) + column, sourceStride, target + (column * targetStride) + row, targetStride, add);
                }
            }
        }
    }

    // A chunk of columns is finished before the next: one cache line of each row of the source.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void RunSmall(float* source, nint sourceStride, int rows, int columns, float* target, nint targetStride, bool add)
    {
        int wholeRows = rows - (rows % Small);
        int wholeColumns = columns - (columns % Small);
        for (int first = 0; first < wholeColumns; first += FloatsOfCacheLine)
        {
            int end = Math.Min(first + FloatsOfCacheLine, wholeColumns);
            for (int row = 0; row < wholeRows; row += Small)
            {
                for (int column = first; column < end; column += Small)
                {
                    RunFour(source + (row * sourceStride) + column, sourceStride, target + (column * targetStride) + row, targetStride, add);
                }
            }
        }

        RunPlain(source, sourceStride, 0, wholeRows, wholeColumns, columns, target, targetStride, add);
        RunPlain(source, sourceStride, wholeRows, rows, 0, columns, target, targetStride, add);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void RunFour(float* source, nint sourceStride, float* target, nint targetStride, bool add)
    {
        Vector128<float> r0 = Vector128.Load(source);
        Vector128<float> r1 = Vector128.Load(source + sourceStride);
        Vector128<float> r2 = Vector128.Load(source + (2 * sourceStride));
        Vector128<float> r3 = Vector128.Load(source + (3 * sourceStride));

        Four(r0, r1, r2, r3, out Vector128<float> c0, out Vector128<float> c1, out Vector128<float> c2, out Vector128<float> c3);
        Write(target, c0, add);
        Write(target + targetStride, c1, add);
        Write(target + (2 * targetStride), c2, add);
        Write(target + (3 * targetStride), c3, add);
    }

    private static void RunPlain(
        float* source, nint sourceStride, int firstRow, int rows, int firstColumn, int columns, float* target, nint targetStride, bool add)
    {
        for (int row = firstRow; row < rows; row++)
        {
            for (int column = firstColumn; column < columns; column++)
            {
                float* to = target + (column * targetStride) + row;
                float value = source[(row * sourceStride) + column];
                *to = add ? *to + value : value;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Write(float* target, Vector128<float> value, bool add) =>
        (add ? Vector128.Load(target) + value : value).Store(target);

    // Interleaves the lower, or the upper, halves.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> ZipLow(Vector128<float> a, Vector128<float> b) =>
        Sse.IsSupported ? Sse.UnpackLow(a, b)
        : AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.ZipLow(a, b)
        : Vector128.Create(a[0], b[0], a[1], b[1]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> ZipHigh(Vector128<float> a, Vector128<float> b) =>
        Sse.IsSupported ? Sse.UnpackHigh(a, b)
        : AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.ZipHigh(a, b)
        : Vector128.Create(a[2], b[2], a[3], b[3]);
}
