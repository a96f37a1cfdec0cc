namespace Lora;

/// <summary>Rows of a packed matrix, each to its place in a result. A part is some of them: each element lies on a cache line of its own.</summary>
internal unsafe struct RowCopies : IParts
{
    private const int RowsOfPart = 16;

    /// <summary>About what one element costs, in floating-point operations at the speed of a product.</summary>
    private const double WorkPerElement = 100;

    public PackedPanels Panels;
    public int* Rows;
    public float* Destination;
    public int Count;

    public void Run() => Workers.Run(ref this, Blocks.Count(Count, RowsOfPart), WorkPerElement * Count * Panels.Columns);

    public readonly void Run(int part)
    {
        int end = Math.Min(Count, (part + 1) * RowsOfPart);
        for (int i = part * RowsOfPart; i < end; i++)
        {
            Panels.CopyRow(Rows[i], Destination + ((nint)i * Panels.Columns));
        }
    }
}
