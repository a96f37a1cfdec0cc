namespace Lora;

/// <summary>
/// One tile of a product: <c>c = scale·(a·b) + bias</c>, or <c>c += scale·(a·b)</c>. The sum runs over <see cref="Segments"/> stretches of
/// <see cref="Depth"/> steps, <see cref="Rest"/> more, and <see cref="UpdateDepth"/> over an a and a b of their own.
/// </summary>
internal unsafe struct TileJob
{
    /// <summary>The steps of a sum between two askings for <see cref="Ahead"/>.</summary>
    public const int StepsOfGroup = 8;

    public TileJob()
    {
    }

    /// <summary>The first element of a.</summary>
    public float* A;

    /// <summary>From one row of a to the next.</summary>
    public nint RowStride;

    /// <summary>From one step of the sum to the next, in a.</summary>
    public nint Step = 1;

    /// <summary>From one segment to the next, in b of scalar products; a goes on.</summary>
    public nint SegmentStride;

    /// <summary>The first vector of b.</summary>
    public float* B;

    /// <summary>From one step of the sum to the next, in b.</summary>
    public nint BStride;

    /// <summary>What will be read soon and is asked for meanwhile, in <see cref="Prefetch.Streams"/> streams.</summary>
    public byte* Ahead;

    /// <summary>The steps of a segment, its last, that ask.</summary>
    public int AheadSteps;

    /// <summary>How much of each stream a group of them asks for, in bytes.</summary>
    public nint AheadBytes;

    /// <summary>How far it then goes on, in bytes.</summary>
    public nint AheadStep;

    /// <summary>From one of them to the next, in bytes; 0 where there is one alone.</summary>
    public nint AheadStream;

    /// <summary>From those of one segment to those of the next, in bytes.</summary>
    public nint AheadStride;

    /// <summary>What the steps of a segment ask for of each stream, in bytes.</summary>
    public readonly nint AheadOfTile => AheadSteps / StepsOfGroup * AheadStep;

    /// <summary>The steps after which what is asked for into the nearest cache is read; 0 where the processor does without.</summary>
    public int StepsUntilSoon = 8;

    public int Depth;

    public int Segments = 1;

    /// <summary>Steps of one segment more, in tiles alone.</summary>
    public int Rest;

    /// <summary>The last steps of a sum whose <see cref="Step"/> is 1, but for scalar products: their a's rows lie as far apart as there are steps, b's a whole panel.</summary>
    public int UpdateDepth;

    /// <summary>Their a.</summary>
    public float* UpdateA;

    /// <summary>Their b.</summary>
    public float* UpdateB;

    public float* C;

    /// <summary>From one row of c to the next.</summary>
    public nint CStride;

    public float Scale = 1;

    /// <summary>Whether c is added to; else it is overwritten.</summary>
    public bool Add;

    /// <summary>One row that is added to every row of a c that is overwritten, or null.</summary>
    public float* Bias;
}
