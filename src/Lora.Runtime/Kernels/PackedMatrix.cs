namespace Lora;

/// <summary>
/// A frozen weight matrix W [rows, columns], stored once in the order in which both products read it: panels of up to 48 rows, each panel column by
/// column. The last panel is filled up with zeros to a multiple of 16; between two there may be a gap.
/// </summary>
/// <remarks>
/// <code>
///   panel 0: W[0..47, 0]  W[0..47, 1]  …  W[0..47, columns-1]
///   panel 1: W[48..95, 0] W[48..95, 1] …
/// </code>
/// <c>x·Wᵀ</c> loads 48 neighbours of a panel as vectors and broadcasts x. <c>g·W</c> does the same with blocks that are turned over before
/// (<see cref="WeightBlocks"/>), or, of few examples and float32 weights, is made of scalar products along the 48 (<see cref="TransposedDots"/>).
/// </remarks>
internal sealed partial class PackedMatrix
{
    private const int PanelRows = PackedPanels.PanelRows;

    private readonly WeightMemory _memory;
    private readonly int _length;

    public PackedMatrix(int rows, int columns, WeightFormat format = WeightFormat.Float32)
    {
        Rows = rows;
        Columns = columns;
        Format = format;
        _length = PackedPanels.LengthFor(rows, columns, format);
        _memory = new WeightMemory(_length);
    }

    /// <summary>
    /// The examples up to which the transposed product of float32 weights is made of scalar products. Turning W over costs the same for any number of them,
    /// adding up the lanes of a sum costs more the more there are, and the less the longer the sums; with few registers scalar products load less for each
    /// multiply-add than a tile does.
    /// </summary>
    private int FewExamples => VectorWidth.HasManyRegisters ? Math.Min(64, Rows / 8) : 96;

    /// <summary>The number of output features.</summary>
    public int Rows { get; }

    /// <summary>The number of input features.</summary>
    public int Columns { get; }

    public WeightFormat Format { get; }

    /// <summary>The bytes that the matrix takes, with what fills up the last panel.</summary>
    public long Bytes => (long)_length * sizeof(float);

    /// <summary>Sets the matrix from row-major values.</summary>
    public void Set(ReadOnlySpan<float> rowMajor)
    {
        CheckLength(rowMajor.Length);
        for (int row = 0; row < Rows; row += PanelRows)
        {
            SetPanel(row, rowMajor.Slice(row * Columns, HeightOf(row) * Columns));
        }
    }

    /// <summary>Sets the matrix from what writes its row-major values, some rows at a time and in order: there is no second copy of the whole.</summary>
    public void Fill(Action<Span<float>> write)
    {
        Span<float> rows = Scratch.Take(PanelRows * Columns);
        for (int row = 0; row < Rows; row += PanelRows)
        {
            Span<float> values = rows[..(HeightOf(row) * Columns)];
            write(values);
            SetPanel(row, values);
        }
    }

    /// <summary>Copies the matrix to row-major values.</summary>
    public unsafe void CopyTo(Span<float> rowMajor)
    {
        CheckLength(rowMajor.Length);
        fixed (float* packed = _memory.Span(_length), target = rowMajor)
        {
            PackedPanels panels = Panels(packed);
            fixed (float* room = Scratch.TakePacked(panels.FloatsFor(Columns)))
            {
                for (int row = 0; row < Rows; row += PanelRows)
                {
                    float* columns = panels.Floats(row, 0, Columns, room);
                    Transposition.Run(columns, panels.WidthOf(row), Columns, panels.HeightOf(row), target + ((nint)row * Columns), Columns, add: false);
                }
            }
        }

        GC.KeepAlive(_memory);
    }

    /// <summary>Copies rows.</summary>
    /// <param name="rows">Their numbers.</param>
    /// <param name="destination">[rows, columns].</param>
    public unsafe void CopyRowsTo(ReadOnlySpan<int> rows, Span<float> destination)
    {
        foreach (int row in rows)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Rows, nameof(rows));
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(destination.Length, rows.Length * Columns, nameof(destination));
        fixed (float* packed = _memory.Span(_length), to = destination)
        fixed (int* numbers = rows)
        {
            new RowCopies { Panels = Panels(packed), Rows = numbers, Destination = to, Count = rows.Length }.Run();
        }

        GC.KeepAlive(_memory);
    }

    private unsafe void SetPanel(int row, ReadOnlySpan<float> values)
    {
        fixed (float* source = values, packed = _memory.Span(_length))
        {
            PackedPanels panels = Panels(packed);
            int height = panels.HeightOf(row);
            int width = panels.WidthOf(row);
            fixed (float* columns = Scratch.TakePacked((Columns + 1) * width))
            {
                Transposition.Run(source, Columns, height, Columns, columns, width, add: false);
                for (int column = 0; height < width && column < Columns; column++)
                {
                    new Span<float>(columns + ((nint)column * width) + height, width - height).Clear();
                }

                new Span<float>(columns + ((nint)Columns * width), width).Clear();
                panels.Set(row, columns);
            }
        }

        GC.KeepAlive(_memory);
    }

    private unsafe PackedPanels Panels(float* packed) => new(packed, Rows, Columns, Format);

    private int HeightOf(int row) => Math.Min(PanelRows, Rows - row);

    private void CheckLength(int length)
    {
        if (length != Rows * Columns)
        {
            throw new ArgumentException($"{length} values are not a matrix of shape [{Rows}, {Columns}].");
        }
    }
}
