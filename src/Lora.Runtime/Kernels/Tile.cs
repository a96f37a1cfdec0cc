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

    private const int MaxRows = 8;

    /// <summary>A block whose b may be read up to a whole number of vectors beyond its columns.</summary>
    public static void RunPadded(in TileJob job, int rows, int columns)
    {
        int lanes = VectorWidth.Lanes;
        for (int column = 0; column < columns; column += MaxVectors * lanes)
        {
            RunRows(Shifted(job, column), rows, Math.Min(MaxVectors * lanes, columns - column), lanes);
        }
    }

    /// <summary>A block whose b is read within its columns alone, with at most <see cref="MaxDepth"/> steps.</summary>
    public static void Run(in TileJob job, int rows, int columns)
    {
        for (int row = 0; row < rows; row += VectorWidth.TileRows)
        {
            TileJob slice = job;
            slice.A += row * job.RowStride;
            slice.C += row * job.CStride;
            RunColumns(slice, Math.Min(VectorWidth.TileRows, rows - row), columns);
        }
    }

    // Whole vectors of the widest kind, then of narrower ones, then what is left by a padded copy.
    private static void RunColumns(in TileJob job, int rows, int columns)
    {
        int column = 0;
        for (int lanes = VectorWidth.Lanes; lanes >= NarrowestVector; lanes /= 2)
        {
            while (columns - column >= lanes)
            {
                int vectors = Blocks.Even((columns - column) / lanes, MaxVectors);
                RunTile(Shifted(job, column), rows, vectors, lanes);
                column += vectors * lanes;
            }
        }

        if (column < columns)
        {
            RunRest(Shifted(job, column), rows, columns - column);
        }
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

    private static void RunRows(in TileJob job, int rows, int columns, int lanes)
    {
        bool isWhole = columns % lanes == 0;
        for (int row = 0; row < rows; row += VectorWidth.TileRows)
        {
            TileJob slice = job;
            slice.A += row * job.RowStride;
            slice.C += row * job.CStride;
            int height = Math.Min(VectorWidth.TileRows, rows - row);
            if (isWhole)
            {
                RunTile(slice, height, columns / lanes, lanes);
            }
            else
            {
                RunEdge(slice, height, columns, lanes);
            }
        }
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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TileJob Shifted(in TileJob job, int column)
    {
        TileJob shifted = job;
        shifted.B += column;
        shifted.C += column;
        if (job.Bias != null)
        {
            shifted.Bias += column;
        }

        return shifted;
    }
}
