namespace Lora;

/// <summary>
/// d = g·W, or d += g·W, for a packed W and many examples, computed as its transpose: the weights are broadcast, and g, transposed beforehand, is loaded as
/// vectors.
/// </summary>
/// <remarks>
/// <code>
///   g, transposed, in strips of up to 48 examples        W: a column along its panels
///   ┌──────────┐                                         ┌───┐
///   │ rows     │  a pass of rows at a time      ×        │   │  48 columns at a time, which
///   │   × 48   │  stays in the second-level cache        │   │  serve every strip in turn
///   └──────────┘                                         └───┘
/// </code>
/// </remarks>
internal static unsafe class TransposedProduct
{
    /// <summary>The most rows that one pass sums over: a strip of them stays in the second-level cache.</summary>
    private const int MostPassRows = 29 * PackedPanels.PanelRows;

    /// <summary>The elements of g that are transposed at a time: all of their strips stay in the second-level cache.</summary>
    private const int MostElements = 150_000;

    public static void Run(in PackedPanels matrix, float* g, float* d, int count, bool add)
    {
        int rows = matrix.Rows;
        int passRows = Blocks.Even(rows, MostPassRows, PackedPanels.PanelRows);
        int examples = Blocks.Even(count, Math.Max(Tile.MaxColumns, MostElements / passRows), Tile.MaxColumns);
        fixed (float* transposed = Scratch.TakePacked(checked(new Strips(examples).Width * passRows)))
        {
            for (int first = 0; first < count; first += examples)
            {
                int block = Math.Min(examples, count - first);
                var strips = new Strips(block);
                for (int row = 0; row < rows; row += passRows)
                {
                    var strip = new StripTransposition
                    {
                        G = g + ((nint)first * rows) + row,
                        Stride = rows,
                        Strips = strips,
                        Rows = Math.Min(passRows, rows - row),
                        Transposed = transposed,
                    };
                    Workers.Run(ref strip, strips.Count, 8.0 * block * strip.Rows);
                    var pass = new TransposedPass
                    {
                        Matrix = matrix,
                        FirstRow = row,
                        Rows = strip.Rows,
                        Transposed = transposed,
                        D = d + ((nint)first * matrix.Columns),
                        Strips = strips,
                        Add = add || row > 0,
                    };
                    pass.Run();
                }
            }
        }
    }

    /// <summary>Examples in strips of one to three vectors, all about as wide.</summary>
    private readonly struct Strips(int examples)
    {
        private readonly int _vectors = (examples + VectorWidth.Lanes - 1) / VectorWidth.Lanes;
        private readonly int _lanes = VectorWidth.Lanes;

        public int Examples { get; } = examples;

        public int Count => (_vectors + Tile.MaxVectors - 1) / Tile.MaxVectors;

        /// <summary>The width of all strips.</summary>
        public int Width => _vectors * _lanes;

        /// <summary>The first example of a strip.</summary>
        public int Start(int strip) => _vectors * strip / Count * _lanes;

        public int WidthOf(int strip) => Start(strip + 1) - Start(strip);

        public int ExamplesOf(int strip) => Math.Min(WidthOf(strip), Examples - Start(strip));
    }

    /// <summary>g in strips of [rows, width], with zeros beyond the examples.</summary>
    private struct StripTransposition : IParts
    {
        public float* G;
        public nint Stride;
        public Strips Strips;
        public int Rows;
        public float* Transposed;

        public readonly void Run(int part)
        {
            int first = Strips.Start(part);
            int width = Strips.WidthOf(part);
            int examples = Strips.ExamplesOf(part);
            float* strip = Transposed + ((nint)first * Rows);
            Transposition.Run(G + (first * Stride), Stride, examples, Rows, strip, width, add: false);
            for (int row = 0; examples < width && row < Rows; row++)
            {
                new Span<float>(strip + ((nint)row * width) + examples, width - examples).Clear();
            }
        }
    }

    /// <summary>Some columns of d for every example, summed over the rows of one pass.</summary>
    private struct TransposedPass : IParts
    {
        /// <summary>The columns whose weights serve every strip before the next are read.</summary>
        private const int BlockColumns = 48;

        // What a tile reads of one panel, and asks for in the next meanwhile.
        private const int AheadPerStep = 8;

        public PackedPanels Matrix;
        public int FirstRow;
        public int Rows;
        public float* Transposed;
        public Strips Strips;
        public float* D;
        public bool Add;

        private int _blocksPerPart;

        private readonly int Blocks => (Matrix.Columns + BlockColumns - 1) / BlockColumns;

        public void Run()
        {
            _blocksPerPart = (Blocks + Workers.Parts(Blocks) - 1) / Workers.Parts(Blocks);
            Workers.Run(ref this, (Blocks + _blocksPerPart - 1) / _blocksPerPart, 2.0 * Strips.Examples * Rows * Matrix.Columns);
        }

        public readonly void Run(int part)
        {
            int end = Math.Min(Blocks, (part + 1) * _blocksPerPart);
            float* tile = stackalloc float[BlockColumns * Tile.MaxColumns];
            int panels = (Rows + PackedPanels.PanelRows - 1) / PackedPanels.PanelRows;
            fixed (float* room = Scratch.TakeWeights(panels * Matrix.FloatsFor(BlockColumns)))
            {
                for (int block = part * _blocksPerPart; block < end; block++)
                {
                    RunBlock(block * BlockColumns, tile, room);
                }
            }
        }

        private readonly void RunBlock(int column, float* tile, float* room)
        {
            int columns = Math.Min(BlockColumns, Matrix.Columns - column);
            int wholePanels = Rows / PackedPanels.PanelRows;
            float* whole = Matrix.Segments(FirstRow, wholePanels, column, columns, room);
            int rest = FirstRow + (wholePanels * PackedPanels.PanelRows);
            float* last = rest < FirstRow + Rows ? Matrix.Floats(rest, column, columns, room + (wholePanels * Matrix.FloatsFor(columns))) : null;
            for (int strip = 0; strip < Strips.Count; strip++)
            {
                int first = Strips.Start(strip);
                int width = Strips.WidthOf(strip);
                Multiply(whole, last, columns, Transposed + ((nint)first * Rows), width, tile);
                Transposition.Run(
                    tile, width, columns, Strips.ExamplesOf(strip), D + ((nint)first * Matrix.Columns) + column, Matrix.Columns, Add);
            }
        }

        // [columns, width] of the transposed result.
        private readonly void Multiply(float* whole, float* last, int columns, float* strip, int width, float* tile)
        {
            const int Height = PackedPanels.PanelRows;
            int wholePanels = Rows / Height;
            int restRows = Rows % Height;
            var job = new TileJob
            {
                A = whole,
                RowStride = Height,
                SegmentStride = Matrix.SegmentStride(columns),
                Segments = wholePanels,
                Depth = Height,
                B = strip,
                BStride = width,
                C = tile,
                CStride = width,
                AheadStep = AheadPerStep,
            };
            job.Ahead = Matrix.IsFloat32 ? job.A + job.SegmentStride : null;
            Tile.RunPadded(job, columns, width);
            if (restRows > 0)
            {
                job.RowStride = Matrix.WidthOf(FirstRow + (wholePanels * Height));
                job.A = last;
                job.Segments = 1;
                job.Depth = restRows;
                job.B = strip + ((nint)wholePanels * Height * width);
                job.Add = true;
                job.Ahead = null;
                Tile.RunPadded(job, columns, width);
            }
        }
    }
}
