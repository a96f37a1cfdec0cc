namespace Lora;

/// <summary>
/// d = g·W, or d += g·W, for a packed W of float32 and few examples: scalar products along the panels, so that nothing is transposed and no lane is left
/// empty by a lack of examples. A part is some columns of W.
/// </summary>
internal unsafe struct TransposedDots : IParts
{
    private const int ColumnsPerPart = PackedPanels.PanelRows;

    public PackedPanels Matrix;
    public float* G;
    public float* D;
    public int Count;
    public bool Add;
    public LowRankUpdate Update;

    public void Run() => Workers.Run(ref this, Blocks.Count(Matrix.Columns, ColumnsPerPart), 2.0 * Count * Matrix.Rows * Matrix.Columns);

    public readonly void Run(int part)
    {
        int column = part * ColumnsPerPart;
        int columns = Math.Min(ColumnsPerPart, Matrix.Columns - column);
        var job = new TileJob { A = G, RowStride = Matrix.Rows, C = D + column, CStride = Matrix.Columns, Add = Add };
        int wholePanels = Matrix.Rows / PackedPanels.PanelRows;
        if (wholePanels > 0)
        {
            job.B = Matrix.Source(0, column);
            job.BStride = PackedPanels.PanelRows;
            job.SegmentStride = Matrix.Stride;
            job.Segments = wholePanels;
            job.Depth = PackedPanels.PanelRows;
            Dots.Run(job, Count, columns);
            job.Add = true;
        }

        int row = wholePanels * PackedPanels.PanelRows;
        if (row < Matrix.Rows)
        {
            job.A = G + row;
            job.B = Matrix.Source(row, column);
            job.BStride = Matrix.WidthOf(row);
            job.Segments = 1;
            job.Depth = Matrix.Rows - row;
            Dots.Run(job, Count, columns);
        }

        Update.AddTo(D + column, Matrix.Columns, 0, column, Count, columns);
    }
}
