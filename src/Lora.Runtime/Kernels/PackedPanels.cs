namespace Lora;

/// <summary>Where the panels of a <see cref="PackedMatrix"/> lie, and how their weights are read.</summary>
internal readonly unsafe struct PackedPanels(float* start, int rows, int columns, WeightFormat format)
{
    /// <summary>The rows of a panel: a multiple of three vectors of every width.</summary>
    public const int PanelRows = Tile.MaxColumns;

    private const int Padding = 16;
    private const int FloatsOfPage = 1024;

    /// <summary>Columns that a kernel takes from one panel after another.</summary>
    private const int TileColumns = 8;

    public WeightFormat Format { get; } = format;

    public int Rows { get; } = rows;

    public int Columns { get; } = columns;

    /// <summary>Whether the products find the weights as they lie.</summary>
    public bool IsFloat32 => Format == WeightFormat.Float32;

    /// <summary>From one panel to the next.</summary>
    public nint Stride { get; } = StrideFor(Units(columns, format));

    /// <summary>The elements that a matrix takes.</summary>
    public static int LengthFor(int rows, int columns, WeightFormat format)
    {
        int whole = rows / PanelRows;
        int units = Units(columns, format);
        return checked((whole * StrideFor(units)) + (Padded(rows - (whole * PanelRows)) * units));
    }

    /// <summary>The floats that some columns of a panel need where they are not read as they lie.</summary>
    public int FloatsFor(int columns) => IsFloat32 ? 0 : 2 * Units(columns, Format) * PanelRows;

    /// <summary>Some columns of the panel that begins at a row, one after another as float32: where they lie, or made from it in memory of the caller.</summary>
    /// <param name="row">The first row of the panel.</param>
    /// <param name="column">The first column, even.</param>
    /// <param name="columns">How many.</param>
    /// <param name="room">Takes <see cref="FloatsFor"/> of them.</param>
    public float* Floats(int row, int column, int columns, float* room)
    {
        int width = WidthOf(row);
        if (IsFloat32)
        {
            return Source(row, column);
        }

        BFloat16Pairs.Unpack(Source(row, column), width, Units(columns, Format), room);
        return room;
    }

    /// <summary>Where what the columns from an even one on are made of lies in the panel that begins at a row.</summary>
    public float* Source(int row, int column) => At(row) + ((nint)Units(column, Format) * WidthOf(row));

    /// <summary>From the same columns of one panel to those of the next, in bytes.</summary>
    public nint SourceStride => Stride * sizeof(float);

    /// <summary>The bytes that a column of a whole panel takes.</summary>
    public int BytesOfColumn => IsFloat32 ? PanelRows * sizeof(float) : PanelRows * sizeof(float) / 2;

    /// <summary>Puts the columns of the panel that begins at a row, [columns, width] as float32, where they belong.</summary>
    /// <param name="row">The first row of the panel.</param>
    /// <param name="floats">The columns; where the format pairs them and their number is odd, with one more.</param>
    public void Set(int row, float* floats)
    {
        int width = WidthOf(row);
        if (IsFloat32)
        {
            new ReadOnlySpan<float>(floats, Columns * width).CopyTo(new Span<float>(At(row), Columns * width));
        }
        else
        {
            BFloat16Pairs.Pack(floats, width, Units(Columns, Format), At(row));
        }
    }

    /// <summary>One row.</summary>
    public void CopyRow(int row, float* destination)
    {
        int first = row - (row % PanelRows);
        nint width = WidthOf(first);
        float* from = At(first) + (row - first);
        for (int column = 0; column < Columns; column++)
        {
            destination[column] = IsFloat32 ? from[column * width] : BFloat16Pairs.Weight(from + (column / 2 * width), column % 2 != 0);
        }
    }

    private float* At(int row) => start + (row / PanelRows * Stride);

    // What a row of a panel has one element of 32 bits for: a column, or two.
    private static int Units(int columns, WeightFormat format) => format == WeightFormat.Float32 ? columns : (columns + 1) / 2;

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
