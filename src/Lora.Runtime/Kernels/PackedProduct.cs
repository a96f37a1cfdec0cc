using System.Runtime.Intrinsics;

namespace Lora;

/// <summary>y = x·Wᵀ (+ bias) for a packed W. A part is some panels by some examples.</summary>
/// <remarks>
/// A block of a panel, as deep as the second-level cache holds with what runs beside it, serves all examples of the part, a tile of them at a time. What the
/// part reads next lies behind the block in memory, and each tile asks for its share of it, a little with each step, so that the weights come from memory while others are computed with.
/// </remarks>
internal unsafe struct PackedProduct : IParts
{
    /// <summary>The most steps of a sum between two visits of y.</summary>
    private const int MostSteps = 1024;

    /// <summary>The same for weights that are made from what lies in memory: what is made stays near.</summary>
    private const int MostStepsOfMade = 256;

    /// <summary>The examples up to which they are not divided: each division reads the weights once more.</summary>
    private const int ExamplesPerPart = 256;

    // With fewer, the memory is what they wait for, and the machine reads ahead by itself.
    private const int TilesThatPrefetch = 3;

    public PackedPanels Matrix;
    public float* X;
    public float* Y;
    public float* Bias;
    public int Count;

    private int _panelsPerPart;
    private int _panelParts;
    private int _examplesPerPart;

    public void Run()
    {
        _panelsPerPart = Blocks.Even(Matrix.Count, Math.Max(1, Matrix.Count / Workers.Parts(Matrix.Count)));
        _panelParts = (Matrix.Count + _panelsPerPart - 1) / _panelsPerPart;
        _examplesPerPart = _panelParts >= LoraThreads.Count ? Math.Max(Count, 1) : ExamplesPerPart;
        int exampleParts = (Count + _examplesPerPart - 1) / _examplesPerPart;
        Workers.Run(ref this, _panelParts * exampleParts, 2.0 * Count * Matrix.Rows * Matrix.Columns);
    }

    public readonly void Run(int part)
    {
        int firstPanel = part % _panelParts * _panelsPerPart;
        int first = part / _panelParts * _examplesPerPart;
        int examples = Math.Min(_examplesPerPart, Count - first);
        int end = Math.Min(Matrix.Count, firstPanel + _panelsPerPart);
        for (int panel = firstPanel; panel < end; panel++)
        {
            if (examples == 1 && !Matrix.IsFloat32)
            {
                RunRow(panel * PackedPanels.PanelRows, first);
            }
            else
            {
                RunPanel(panel * PackedPanels.PanelRows, first, examples);
            }
        }
    }

    private readonly void RunRow(int row, int example)
    {
        int columns = Matrix.Columns;
        int steps = Steps;
        for (int column = 0; column < columns; column += steps)
        {
            var job = new TileJob
            {
                A = X + ((nint)example * columns) + column,
                B = Matrix.Pairs(row, column),
                BStride = Matrix.WidthOf(row),
                Depth = Math.Min(steps, columns - column),
                C = Y + ((nint)example * Matrix.Rows) + row,
                Add = column > 0,
                Bias = Bias == null ? null : Bias + row,
            };
            int height = Matrix.HeightOf(row);
            if (VectorWidth.Has512)
            {
                BFloat16Row<Lanes512, Vector512<float>>.Run(job, height);
            }
            else if (VectorWidth.Has256)
            {
                BFloat16Row<Lanes256, Vector256<float>>.Run(job, height);
            }
            else
            {
                BFloat16Row<Lanes128, Vector128<float>>.Run(job, height);
            }
        }
    }

    private readonly int Steps => Blocks.Even(Matrix.Columns, Matrix.IsFloat32 ? MostSteps : MostStepsOfMade, multiple: 2);

    private readonly void RunPanel(int row, int first, int examples)
    {
        int columns = Matrix.Columns;
        int width = Matrix.WidthOf(row);
        int height = Matrix.HeightOf(row);
        int tileRows = VectorWidth.TileRows;
        int steps = Steps;
        fixed (float* room = Scratch.TakeWeights(Matrix.FloatsFor(steps)))
        {
            for (int column = 0; column < columns; column += steps)
            {
                var job = new TileJob
                {
                    A = X + ((nint)first * columns) + column,
                    RowStride = columns,
                    B = Matrix.Floats(row, column, Math.Min(steps, columns - column), room),
                    BStride = width,
                    Depth = Math.Min(steps, columns - column),
                    C = Y + ((nint)first * Matrix.Rows) + row,
                    CStride = Matrix.Rows,
                    Add = column > 0,
                    Bias = Bias == null ? null : Bias + row,
                };
                int tiles = (examples + tileRows - 1) / tileRows;
                if (tiles >= TilesThatPrefetch && Matrix.IsFloat32)
                {
                    job.Ahead = job.B + ((nint)job.Depth * width);
                    job.AheadStep = (width + tiles - 1) / tiles;
                }

                for (int example = 0; example < examples; example += tileRows)
                {
                    Tile.RunPadded(job, Math.Min(tileRows, examples - example), height);
                    job.Ahead += job.Depth * job.AheadStep;
                    job.A += tileRows * job.RowStride;
                    job.C += tileRows * job.CStride;
                }
            }
        }
    }
}
