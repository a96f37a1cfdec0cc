namespace Lora;

internal sealed partial class PackedMatrix
{
    /// <summary>The steps of a sum for which a panel's part stays in the second-level cache.</summary>
    private const int Depth = 384;

    /// <summary>The rows that one pass of the transposed product sums over: a strip of g, transposed, stays in the second-level cache.</summary>
    private const int PassRows = 16 * PanelRows;

    /// <summary>The columns that are read for every strip before the next: their part of a pass's panels stays in the second-level cache.</summary>
    private const int ColumnsPerBlock = 32;

    /// <summary>The examples whose g is transposed at a time.</summary>
    private const int ExamplesPerPass = 12 * Tile.MaxColumns;

    /// <summary>The examples up to which the transposed product is made of scalar products.</summary>
    private const int FewExamples = 24;

    /// <summary>y = x·Wᵀ (+ bias): x [count, columns], y [count, rows].</summary>
    public unsafe void Multiply(ReadOnlySpan<float> x, int count, Span<float> y, ReadOnlySpan<float> bias)
    {
        CheckLengths(x.Length, count * Columns, y.Length, count * Rows);
        if (!bias.IsEmpty && bias.Length != Rows)
        {
            throw new ArgumentException($"The bias has {bias.Length} values; the matrix has {Rows} rows.", nameof(bias));
        }

        fixed (float* a = x, packed = _memory.Span(_length), c = y, added = bias)
        {
            for (int row = 0; row < Rows; row += PanelRows)
            {
                int width = WidthOf(row);
                float* panel = packed + ((nint)row * Columns);
                for (int column = 0; column < Columns; column += Depth)
                {
                    var job = new TileJob
                    {
                        A = a + column,
                        RowStride = Columns,
                        B = panel + ((nint)column * width),
                        BStride = width,
                        Depth = Math.Min(Depth, Columns - column),
                        C = c + row,
                        CStride = Rows,
                        Add = column > 0,
                        Bias = added == null ? null : added + row,
                    };
                    Tile.RunPadded(job, count, HeightOf(row));
                }
            }
        }
    }

    /// <summary>d = g·W, or d += g·W: g [count, rows], d [count, columns].</summary>
    public unsafe void MultiplyTransposed(ReadOnlySpan<float> g, int count, Span<float> d, bool add)
    {
        CheckLengths(g.Length, count * Rows, d.Length, count * Columns);
        fixed (float* packed = _memory.Span(_length), source = g, target = d)
        {
            if (count <= FewExamples)
            {
                MultiplyFew(packed, source, count, target, add);
                return;
            }

            for (int first = 0; first < count; first += ExamplesPerPass)
            {
                int examples = Math.Min(ExamplesPerPass, count - first);
                for (int row = 0; row < Rows; row += PassRows)
                {
                    MultiplyPass(
                        packed + ((nint)row * Columns),
                        source + ((nint)first * Rows) + row,
                        Math.Min(PassRows, Rows - row),
                        target + ((nint)first * Columns),
                        examples,
                        add || row > 0);
                }
            }
        }
    }

    // Scalar products along the panels: nothing is transposed, and no lane is left empty by a lack of examples.
    private unsafe void MultiplyFew(float* packed, float* g, int count, float* d, bool add)
    {
        for (int column = 0; column < Columns; column += ColumnsPerBlock)
        {
            int columns = Math.Min(ColumnsPerBlock, Columns - column);
            var job = new TileJob { A = g, RowStride = Rows, C = d + column, CStride = Columns, Add = add };
            int wholePanels = Rows / PanelRows;
            if (wholePanels > 0)
            {
                job.B = packed + ((nint)column * PanelRows);
                job.BStride = PanelRows;
                job.SegmentStride = (nint)PanelRows * Columns;
                job.Segments = wholePanels;
                job.Depth = PanelRows;
                Dots.Run(job, count, columns);
                job.Add = true;
            }

            int row = wholePanels * PanelRows;
            if (row < Rows)
            {
                job.A = g + row;
                job.B = packed + ((nint)row * Columns) + ((nint)column * WidthOf(row));
                job.BStride = WidthOf(row);
                job.Segments = 1;
                job.Depth = Rows - row;
                Dots.Run(job, count, columns);
            }
        }
    }

    // The product's transpose in strips of examples; a block of columns serves every strip before the next is read.
    private unsafe void MultiplyPass(float* panels, float* g, int passRows, float* d, int examples, bool add)
    {
        int lanes = VectorWidth.Lanes;
        int vectors = (examples + lanes - 1) / lanes;
        int strips = (vectors + Tile.MaxVectors - 1) / Tile.MaxVectors;
        int width = (vectors + strips - 1) / strips * lanes;
        fixed (float* transposed = Scratch.TakePacked(strips * width * passRows))
        {
            for (int first = 0; first < examples; first += width)
            {
                Transpose(g + ((nint)first * Rows), Math.Min(width, examples - first), passRows, transposed + (first * passRows), width);
            }

            for (int column = 0; column < Columns; column += ColumnsPerBlock)
            {
                int columns = Math.Min(ColumnsPerBlock, Columns - column);
                for (int first = 0; first < examples; first += width)
                {
                    MultiplyStrip(
                        panels,
                        passRows,
                        column,
                        columns,
                        transposed + (first * passRows),
                        width,
                        d + ((nint)first * Columns),
                        Math.Min(width, examples - first),
                        add);
                }
            }
        }
    }

    // g's strip as [passRows, width], with zeros beyond the examples.
    private unsafe void Transpose(float* g, int examples, int passRows, float* transposed, int width)
    {
        Transposition.Run(g, Rows, examples, passRows, transposed, width, add: false);
        for (int row = 0; examples < width && row < passRows; row++)
        {
            new Span<float>(transposed + (row * width) + examples, width - examples).Clear();
        }
    }

    private unsafe void MultiplyStrip(
        float* panels, int passRows, int firstColumn, int columns, float* transposed, int width, float* d, int examples, bool add)
    {
        float* tile = stackalloc float[ColumnsPerBlock * Tile.MaxColumns];
        int wholePanels = passRows / PanelRows;
        int restRows = passRows % PanelRows;
        nint panelLength = (nint)PanelRows * Columns;
        var job = new TileJob
        {
            A = panels + ((nint)firstColumn * PanelRows),
            RowStride = PanelRows,
            SegmentStride = panelLength,
            Segments = wholePanels,
            Depth = PanelRows,
            B = transposed,
            BStride = width,
            C = tile,
            CStride = width,
        };
        Tile.RunPadded(job, columns, width);
        if (restRows > 0)
        {
            int restWidth = (restRows + Padding - 1) / Padding * Padding;
            job.A = panels + (wholePanels * panelLength) + ((nint)firstColumn * restWidth);
            job.RowStride = restWidth;
            job.Segments = 1;
            job.Depth = restRows;
            job.B = transposed + (wholePanels * PanelRows * width);
            job.Add = true;
            Tile.RunPadded(job, columns, width);
        }

        Transposition.Run(tile, width, columns, examples, d + firstColumn, Columns, add);
    }

    private static void CheckLengths(int input, int expectedInput, int output, int expectedOutput)
    {
        if (input != expectedInput || output != expectedOutput)
        {
            throw new ArgumentException(
                $"The product takes {expectedInput} values and gives {expectedOutput}; it was given {input} and room for {output}.");
        }
    }
}
