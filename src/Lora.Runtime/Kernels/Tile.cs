using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Lora;

/// <summary>Computes blocks of a product of any size by <see cref="TileKernel{TLanes, TVector}"/> of this machine's vectors.</summary>
internal static unsafe class Tile
{
    /// <summary>The most floats that a tile is wide, on any machine.</summary>
    public const int MaxColumns = 48;

    /// <summary>The most steps of one sum that <see cref="Run"/> takes.</summary>
    public const int MaxDepth = 512;

    /// <summary>The floats of the narrowest vector, on any machine.</summary>
    public const int NarrowestVector = 4;

    /// <summary>The tiles, the last of a block, that ask for what is computed with next: what came much earlier would have left the second-level cache.</summary>
    public static int AskingTiles => VectorWidth.HasManyRegisters ? 8 : 32;

    private const int MaxRows = 8;

    // Wider tiles have twice as many: there are none of 4 and of 5.
    private const int UsualVectors = 3;

    /// <summary>A block whose b may be read up to a whole number of vectors beyond its columns.</summary>
    public static void RunPadded(in TileJob job, int rows, int columns) => RunTiles(job, rows, columns, isPadded: true);

    /// <summary>A block whose b is read within its columns alone, with at most <see cref="MaxDepth"/> steps.</summary>
    public static void Run(in TileJob job, int rows, int columns) => RunTiles(job, rows, columns, isPadded: false);

    /// <summary>How many tiles a block takes in <see cref="RunPadded"/>.</summary>
    public static int Count(int rows, int columns)
    {
        int tiles = Blocks.Count(rows, VectorWidth.TileRows);
        int most = VectorWidth.TileVectors(Blocks.Count(rows, tiles));
        int vectors = Blocks.Count(columns, VectorWidth.Lanes);
        return tiles * ((vectors / most) + Blocks.Count(vectors % most, UsualVectors));
    }

    // One strip of b, as wide as a tile, serves all rows before the next. Where b must not be read beyond its columns, what is left goes by narrower vectors, and
    // then by a padded copy.
    private static void RunTiles(TileJob job, int rows, int columns, bool isPadded)
    {
        if (rows == 0)
        {
            return;
        }

        int tiles = Blocks.Count(rows, VectorWidth.TileRows);
        (int height, int higher) = Math.DivRem(rows, tiles);
        int most = VectorWidth.TileVectors(higher > 0 ? height + 1 : height);
        var strip = new Strip
        {
            Tiles = tiles,
            Height = height,
            Higher = higher,
            Lanes = VectorWidth.Lanes,
            TilesLeft = job.AheadSteps > 0 ? Count(rows, columns) : 0,
            AheadSteps = job.AheadSteps,
        };
        for (int column = 0; column < columns; column += strip.Columns)
        {
            int left = columns - column;
            while (!isPadded && strip.Lanes > left && strip.Lanes > NarrowestVector)
            {
                strip.Lanes /= 2;
            }

            strip.Vectors = isPadded ? Widest(Blocks.Count(left, strip.Lanes), most) : Even(left / strip.Lanes, most);
            strip.Columns = Math.Min(left, strip.Vectors * strip.Lanes);
            if (isPadded || !strip.HasEdge)
            {
                RunStrip(ref job, ref strip);
            }
            else
            {
                RunRest(job, strip);
            }

            Move(ref job, strip.Columns);
        }
    }

    private static int Widest(int vectors, int most) => vectors >= most ? most : Math.Min(vectors, UsualVectors);

    private static int Even(int vectors, int most) =>
        vectors >= most && most > UsualVectors ? most : Blocks.Even(vectors, Math.Min(most, UsualVectors));

    // Tiles of about as many rows each: one of few would wait for b.
    private static void RunStrip(ref TileJob job, ref Strip strip)
    {
        float* a = job.A;
        float* updateA = job.UpdateA;
        float* c = job.C;
        int share = 0;
        for (int tile = 0; tile < strip.Tiles; tile++)
        {
            int height = strip.Height;
            share += strip.Higher;
            if (share >= strip.Tiles)
            {
                share -= strip.Tiles;
                height++;
            }

            job.AheadSteps = strip.TilesLeft-- <= AskingTiles ? strip.AheadSteps : 0;
            if (strip.HasEdge)
            {
                RunEdge(job, height, strip.Columns, strip.Lanes);
            }
            else
            {
                RunTile(job, height, strip.Vectors, strip.Lanes);
            }

            job.A += height * job.RowStride;
            job.UpdateA += height * job.UpdateDepth;
            job.C += height * job.CStride;
            job.Ahead += job.AheadOfTile;
        }

        job.A = a;
        job.UpdateA = updateA;
        job.C = c;
    }

    // Columns that are less than the narrowest vector: by a padded copy.
    [SkipLocalsInit]
    private static void RunRest(TileJob job, Strip strip)
    {
        float* padded = stackalloc float[NarrowestVector * MaxDepth];
        for (int step = 0; step < job.Depth; step++)
        {
            for (int column = 0; column < NarrowestVector; column++)
            {
                padded[(step * NarrowestVector) + column] = column < strip.Columns ? job.B[(step * job.BStride) + column] : 0;
            }
        }

        job.B = padded;
        job.BStride = NarrowestVector;
        RunStrip(ref job, ref strip);
    }

    // A tile that is not a whole number of vectors wide goes through memory of its own.
    [SkipLocalsInit]
    private static void RunEdge(in TileJob job, int rows, int columns, int lanes)
    {
        float* whole = stackalloc float[MaxRows * MaxColumns];
        TileJob apart = job;
        apart.C = whole;
        apart.CStride = MaxColumns;
        apart.Scale = 1;
        apart.Add = false;
        apart.Bias = null;
        RunTile(apart, rows, (columns + lanes - 1) / lanes, lanes);
        for (int row = 0; row < rows; row++)
        {
            float* c = job.C + (row * job.CStride);
            WriteEdge(whole + (row * MaxColumns), job.Scale, job.Add ? c : job.Bias, c, columns);
        }
    }

    private static void WriteEdge(float* products, float scale, float* addend, float* c, int columns)
    {
        int column = 0;
        for (; column <= columns - NarrowestVector; column += NarrowestVector)
        {
            Vector128<float> product = Vector128.Load(products + column) * scale;
            (addend == null ? product : product + Vector128.Load(addend + column)).Store(c + column);
        }

        for (; column < columns; column++)
        {
            float product = products[column] * scale;
            c[column] = addend == null ? product : product + addend[column];
        }
    }

    private static void RunTile(in TileJob job, int rows, int vectors, int lanes)
    {
        if (lanes == 16)
        {
            TileKernel<Lanes512, Vector512<float>>.Run(job, rows, vectors);
        }
        else if (lanes == 8)
        {
            TileKernel<Lanes256, Vector256<float>>.Run(job, rows, vectors);
        }
        else
        {
            TileKernel<Lanes128, Vector128<float>>.Run(job, rows, vectors);
        }
    }

    // To the columns that lie so far to the right.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Move(ref TileJob job, int columns)
    {
        job.B += columns;
        job.UpdateB += columns;
        job.C += columns;
        if (job.Bias != null)
        {
            job.Bias += columns;
        }
    }

    private struct Strip
    {
        public int Tiles;

        /// <summary>The rows of a tile.</summary>
        public int Height;

        /// <summary>The tiles that are a row higher, spread evenly.</summary>
        public int Higher;

        public int Columns;
        public int Vectors;
        public int Lanes;

        /// <summary>The tiles of the block that are still to come.</summary>
        public int TilesLeft;

        /// <summary>The <see cref="TileJob.AheadSteps"/> of those that ask.</summary>
        public int AheadSteps;

        public readonly bool HasEdge => Columns < Vectors * Lanes;
    }
}
