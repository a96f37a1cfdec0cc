namespace Lora;

/// <summary>
/// d = g·W, or d += g·W, for a packed W of float32 and few examples: scalar products along the panels, so that nothing is transposed and no lane is left
/// empty by a lack of examples. A part is some columns of W.
/// </summary>
/// <remarks>A sum takes some panels at a time, so that the columns of a tile stay in the nearest cache for all examples.</remarks>
internal unsafe struct TransposedDots : IParts
{
    private const int ColumnsPerPart = PackedPanels.PanelRows;

    /// <summary>The most panels of a sum between two visits of d: eight columns of so many and three examples are about what a nearest cache of 32 KiB holds.</summary>
    private const int MostPanels = 16;

    public PackedPanels Matrix;
    public float* G;
    public float* D;
    public int Count;
    public bool Add;
    public LowRankUpdate Update;

    public void Run()
    {
        Scratch.ReserveWeights(LengthOfRest);
        Workers.Run(ref this, Blocks.Count(Matrix.Columns, ColumnsPerPart), 2.0 * Count * Matrix.Rows * Matrix.Columns);
    }

    public readonly void Run(int part)
    {
        int column = part * ColumnsPerPart;
        int columns = Math.Min(ColumnsPerPart, Matrix.Columns - column);
        var job = new TileJob
        {
            RowStride = Matrix.Rows,
            BStride = PackedPanels.PanelRows,
            SegmentStride = Matrix.Stride,
            Depth = PackedPanels.PanelRows,
            C = D + column,
            CStride = Matrix.Columns,
            Add = Add,
        };
        int wholePanels = Matrix.Rows / PackedPanels.PanelRows;
        int panelsOfBlock = Blocks.Even(wholePanels, MostPanels);
        for (int panel = 0; panel < wholePanels; panel += panelsOfBlock)
        {
            int first = panel * PackedPanels.PanelRows;
            job.A = G + first;
            job.B = Matrix.Source(first, column);
            job.Segments = Math.Min(panelsOfBlock, wholePanels - panel);
            Dots.Run(job, Count, columns, Next(panel + panelsOfBlock, wholePanels, column));
            job.Add = true;
        }

        int row = wholePanels * PackedPanels.PanelRows;
        if (row < Matrix.Rows)
        {
            fixed (float* room = Scratch.TakeWeights(LengthOfRest))
            {
                CopyRest(row, room);
                job.A = room;
                job.B = Matrix.Source(row, column);
                job.Segments = 1;
                job.Depth = Matrix.WidthOf(row);
                job.RowStride = job.Depth;
                job.BStride = job.Depth;
                Dots.Run(job, Count, columns);
            }
        }

        Update.AddTo(D + column, Matrix.Columns, 0, column, Count, columns);
    }

    private readonly int LengthOfRest => Matrix.Rows % PackedPanels.PanelRows == 0 ? 0 : Count * Matrix.WidthOf(Matrix.Rows - (Matrix.Rows % PackedPanels.PanelRows));

    // G's part of the last panel, filled up with zeros as that is.
    private readonly void CopyRest(int row, float* room)
    {
        int height = Matrix.HeightOf(row);
        int width = Matrix.WidthOf(row);
        for (int example = 0; example < Count; example++, room += width)
        {
            new ReadOnlySpan<float>(G + ((nint)example * Matrix.Rows) + row, height).CopyTo(new Span<float>(room, height));
            new Span<float>(room + height, width - height).Clear();
        }
    }

    // What the thread most likely computes with next: more panels of its columns, else the next columns.
    private readonly float* Next(int panel, int wholePanels, int column)
    {
        if (panel < wholePanels)
        {
            return Matrix.Source(panel * PackedPanels.PanelRows, column);
        }

        column += ColumnsPerPart;
        return column < Matrix.Columns ? Matrix.Source(0, column) : null;
    }
}
