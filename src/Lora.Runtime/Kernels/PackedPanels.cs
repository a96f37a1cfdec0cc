namespace Lora;

/// <summary>Where the panels of a <see cref="PackedMatrix"/> lie.</summary>
internal readonly unsafe struct PackedPanels(float* start, int rows, int columns)
{
    /// <summary>The rows of a panel: a multiple of three vectors of every width.</summary>
    public const int PanelRows = Tile.MaxColumns;

    private const int Padding = 16;
    private const int FloatsOfPage = 1024;

    /// <summary>Columns that a kernel takes from one panel after another.</summary>
    private const int TileColumns = 8;

    public float* Start { get; } = start;

    public int Rows { get; } = rows;

    public int Columns { get; } = columns;

    /// <summary>From one panel to the next.</summary>
    public nint Stride { get; } = StrideFor(columns);

    /// <summary>The number of panels, the last of which may be lower.</summary>
    public int Count => (Rows + PanelRows - 1) / PanelRows;

    /// <summary>The elements that a matrix takes.</summary>
    public static int LengthFor(int rows, int columns)
    {
        int whole = rows / PanelRows;
        return checked((whole * StrideFor(columns)) + (Padded(rows - (whole * PanelRows)) * columns));
    }

    /// <summary>The first element of the panel that begins at a row.</summary>
    public float* At(int row) => Start + (row / PanelRows * Stride);

    /// <summary>The rows of the matrix in the panel that begins at a row.</summary>
    public int HeightOf(int row) => Math.Min(PanelRows, Rows - row);

    /// <summary>The rows that the panel has room for.</summary>
    public int WidthOf(int row) => Padded(HeightOf(row));

    // A few columns of all panels, read one after another, lie side by side in a cache: panels that are whole pages apart would drive each other out of it.
    private static int StrideFor(int columns)
    {
        int length = checked(PanelRows * columns);
        int apart = (TileColumns * PanelRows) - (length % FloatsOfPage);
        return length < 16 * FloatsOfPage ? length : length + (apart < 0 ? apart + FloatsOfPage : apart);
    }

    private static int Padded(int rows) => (rows + Padding - 1) / Padding * Padding;
}
