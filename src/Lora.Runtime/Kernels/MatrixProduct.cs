namespace Lora;

/// <summary>Products of dense row-major matrices that change from step to step.</summary>
internal static unsafe class MatrixProduct
{
    /// <summary>The steps of a sum whose part of b is packed at a time.</summary>
    private const int Depth = 256;

    /// <summary>The rows up to which b is read where it lies.</summary>
    private const int FewRows = 8;

    /// <summary>c = a·b, or c += a·b: a [m, k], or [k, m] where it is transposed; b [k, n], or [n, k] where it is transposed; c [m, n].</summary>
    public static void Multiply(
        ReadOnlySpan<float> a, bool transposeA, ReadOnlySpan<float> b, bool transposeB, Span<float> c, int m, int n, int k, bool add)
    {
        if (a.Length < (long)m * k || b.Length < (long)k * n || c.Length < (long)m * n)
        {
            throw new ArgumentException($"The matrices are shorter than the product [{m}, {k}]·[{k}, {n}] takes: {a.Length}, {b.Length}, {c.Length}.");
        }

        if (k == 0 && !add)
        {
            c[..(m * n)].Clear();
        }

        fixed (float* left = a, right = b, result = c)
        {
            var job = new TileJob
            {
                A = left,
                RowStride = transposeA ? 1 : k,
                Step = transposeA ? m : 1,
                B = right,
                BStride = transposeB ? k : n,
                Depth = k,
                C = result,
                CStride = n,
                Add = add,
            };
            if (m > FewRows)
            {
                RunPacked(job, transposeB, m, n);
            }
            else if (!transposeB)
            {
                RunDirect(job, m, n);
            }
            else if (!transposeA)
            {
                Dots.Run(job, m, n);
            }
            else
            {
                RunPacked(job, transposeB, m, n);
            }
        }
    }

    // b in blocks of [Depth, up to 48], which every row of a then reads from the nearest cache.
    private static void RunPacked(in TileJob product, bool transposeB, int m, int n)
    {
        fixed (float* panel = Scratch.TakePacked(Depth * Tile.MaxColumns))
        {
            for (int column = 0; column < n; column += Tile.MaxColumns)
            {
                int width = Math.Min(Tile.MaxColumns, n - column);
                for (int step = 0; step < product.Depth; step += Depth)
                {
                    TileJob job = Part(product, step, Depth);
                    job.C += column;
                    if (transposeB)
                    {
                        Transposition.Run(product.B + (column * product.BStride) + step, product.BStride, width, job.Depth, panel, Tile.MaxColumns, add: false);
                    }
                    else
                    {
                        CopyRows(product.B + (step * product.BStride) + column, product.BStride, job.Depth, width, panel);
                    }

                    job.B = panel;
                    job.BStride = Tile.MaxColumns;
                    Tile.RunPadded(job, m, width);
                }
            }
        }
    }

    // So few rows of a that copying b would cost more than it brings.
    private static void RunDirect(in TileJob product, int m, int n)
    {
        for (int step = 0; step < product.Depth; step += Depth)
        {
            TileJob job = Part(product, step, Depth);
            job.B += step * product.BStride;
            Tile.Run(job, m, n);
        }
    }

    private static TileJob Part(in TileJob product, int step, int depth)
    {
        TileJob part = product;
        part.A += step * product.Step;
        part.Depth = Math.Min(depth, product.Depth - step);
        part.Add |= step > 0;
        return part;
    }

    private static void CopyRows(float* source, nint stride, int rows, int width, float* panel)
    {
        for (int row = 0; row < rows; row++)
        {
            new ReadOnlySpan<float>(source + (row * stride), width).CopyTo(new Span<float>(panel + (row * Tile.MaxColumns), width));
        }
    }
}
