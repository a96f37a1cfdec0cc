namespace Lora;

/// <summary>
/// A frozen weight matrix W [rows, columns], stored once in the order in which both products read it: panels of up to 48 rows, each panel column by
/// column. The last panel is filled up with zeros to a multiple of 16.
/// </summary>
/// <remarks>
/// <code>
///   panel 0: W[0..47, 0]  W[0..47, 1]  …  W[0..47, columns-1]
///   panel 1: W[48..95, 0] W[48..95, 1] …
/// </code>
/// <c>x·Wᵀ</c> loads 48 neighbours of a panel as vectors and broadcasts x. <c>g·W</c> is computed as its transpose: it broadcasts the weights, which
/// it reads along the 48, and loads g, transposed beforehand, as vectors.
/// </remarks>
internal sealed partial class PackedMatrix
{
    /// <summary>The rows of a panel: a multiple of three vectors of every width.</summary>
    private const int PanelRows = Tile.MaxColumns;

    private const int Padding = 16;

    private readonly TensorMemory _memory;
    private readonly int _length;

    public PackedMatrix(int rows, int columns)
    {
        Rows = rows;
        Columns = columns;
        _length = checked((rows + Padding - 1) / Padding * Padding * columns);
        _memory = TensorMemory.Allocate(_length);
    }

    /// <summary>The number of output features.</summary>
    public int Rows { get; }

    /// <summary>The number of input features.</summary>
    public int Columns { get; }

    /// <summary>The bytes that the matrix takes, with what fills up the last panel.</summary>
    public long Bytes => (long)_length * sizeof(float);

    /// <summary>Sets the matrix from row-major values.</summary>
    public unsafe void Set(ReadOnlySpan<float> rowMajor)
    {
        CheckLength(rowMajor.Length);
        Span<float> packed = _memory.Span(_length);
        fixed (float* source = rowMajor, target = packed)
        {
            for (int row = 0; row < Rows; row += PanelRows)
            {
                int height = HeightOf(row);
                int width = WidthOf(row);
                float* panel = target + ((nint)row * Columns);
                Transposition.Run(source + ((nint)row * Columns), Columns, height, Columns, panel, width, add: false);
                for (int column = 0; height < width && column < Columns; column++)
                {
                    new Span<float>(panel + ((nint)column * width) + height, width - height).Clear();
                }
            }
        }
    }

    /// <summary>Copies the matrix to row-major values.</summary>
    public unsafe void CopyTo(Span<float> rowMajor)
    {
        CheckLength(rowMajor.Length);
        fixed (float* source = _memory.Span(_length), target = rowMajor)
        {
            for (int row = 0; row < Rows; row += PanelRows)
            {
                Transposition.Run(
                    source + ((nint)row * Columns), WidthOf(row), Columns, HeightOf(row), target + ((nint)row * Columns), Columns, add: false);
            }
        }
    }

    /// <summary>Copies one row.</summary>
    public void CopyRowTo(int row, Span<float> destination)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Rows, nameof(row));
        int first = row - (row % PanelRows);
        int width = WidthOf(first);
        ReadOnlySpan<float> panel = _memory.Span(_length).Slice(first * Columns, width * Columns);
        for (int column = 0, at = row - first; column < Columns; column++, at += width)
        {
            destination[column] = panel[at];
        }
    }

    /// <summary>The rows of the matrix in the panel that begins at a row.</summary>
    private int HeightOf(int row) => Math.Min(PanelRows, Rows - row);

    /// <summary>The rows that the panel has room for.</summary>
    private int WidthOf(int row) => (HeightOf(row) + Padding - 1) / Padding * Padding;

    private void CheckLength(int length)
    {
        if (length != Rows * Columns)
        {
            throw new ArgumentException($"{length} values are not a matrix of shape [{Rows}, {Columns}].");
        }
    }
}
