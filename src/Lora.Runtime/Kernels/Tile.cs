using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Lora;

/// <summary>Computes blocks of a product of any size by <see cref="TileKernel{TLanes, TVector}"/> of this machine's vectors.</summary>
internal static unsafe class Tile
{
    /// <summary>The most vectors that a tile is wide.</summary>
    public const int MaxVectors = 3;

    /// <summary>The most floats that a tile is wide, on any machine.</summary>
    public const int MaxColumns = 48;

    /// <summary>The most steps of one sum that <see cref="Run"/> takes.</summary>
    public const int MaxDepth = 512;

    /// <summary>The floats of the narrowest vector, on any machine.</summary>
    public const int NarrowestVector = 4;

    /// <summary>The tiles, the last of a block, that ask for what is computed with next: what came much earlier would have left the second-level cache.</summary>
    public const int AskingTiles = 8;

    private const int MaxRows = 8;

    /// <summary>A block whose b may be read up to a whole number of vectors beyond its columns.</summary>
    public static void RunPadded(in TileJob job, int rows, int columns) => RunTiles(job, rows, columns, isPadded: true);

    /// <summary>A block whose b is read within its columns alone, with at most <see cref="MaxDepth"/> steps.</summary>
    public static void Run(in TileJob job, int rows, int columns) => RunTiles(job, rows, columns, isPadded: false);

    // Tiles of about as many rows each: one of few would wait for b, which it reads from the second-level cache.
    private static void RunTiles(TileJob job, int rows, int columns, bool isPadded)
    {
        int tiles = Blocks.Count(rows, VectorWidth.TileRows);
        int aheadSteps = job.AheadSteps;
        int first = 0;
        for (int tile = 1; tile <= tiles; tile++)
        {
            int height = (int)((long)rows * tile / tiles) - first;
            job.AheadSteps = tiles - tile < AskingTiles ? aheadSteps : 0;
            if (isPadded)
            {
                RunPaddedColumns(ref job, height, columns);
            }
            else
            {
                RunColumns(ref job, height, columns);
            }

            job.A += height * job.RowStride;
            job.C += height * job.CStride;
            job.Ahead += job.AheadOfTile;
            first += height;
        }
    }

    private static void RunPaddedColumns(ref TileJob job, int rows, int columns)
    {
        int lanes = VectorWidth.Lanes;
        int widest = MaxVectors * lanes;
        int column = 0;
        for (; columns - column > widest; column += widest)
        {
            RunTile(job, rows, MaxVectors, lanes);
            Move(ref job, widest);
        }

        int rest = columns - column;
        if (rest % lanes == 0)
        {
            RunTile(job, rows, rest / lanes, lanes);
        }
        else
        {
            RunEdge(job, rows, rest, lanes);
        }

        Move(ref job, -column);
    }

    // Whole vectors of the widest kind, then of narrower ones, then what is left by a padded copy.
    private static void RunColumns(ref TileJob job, int rows, int columns)
    {
        int column = 0;
        for (int lanes = VectorWidth.Lanes; lanes >= NarrowestVector; lanes /= 2)
        {
            while (columns - column >= lanes)
            {
                int vectors = Blocks.Even((columns - column) / lanes, MaxVectors);
                RunTile(job, rows, vectors, lanes);
                Move(ref job, vectors * lanes);
                column += vectors * lanes;
            }
        }

        if (column < columns)
        {
            RunRest(job, rows, columns - column);
        }

        Move(ref job, -column);
    }

    [SkipLocalsInit]
    private static void RunRest(TileJob job, int rows, int columns)
    {
        float* padded = stackalloc float[NarrowestVector * MaxDepth];
        for (int step = 0; step < job.Depth; step++)
        {
            for (int column = 0; column < NarrowestVector; column++)
            {
                padded[(step * NarrowestVector) + column] = column < columns ? job.B[(step * job.BStride) + column] : 0;
            }
        }

        job.B = padded;
        job.BStride = NarrowestVector;
        RunEdge(job, rows, columns, NarrowestVector);
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
        job.C += columns;
        if (job.Bias != null)
        {
            job.Bias += columns;
        }
    }
}
