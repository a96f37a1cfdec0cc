namespace Lora;

/// <summary>
/// One tile of a product: <c>c = scale·(a·b) + bias</c>, or <c>c += scale·(a·b)</c>. The sum runs over <see cref="Segments"/> stretches of
/// <see cref="Depth"/> steps.
/// </summary>
internal unsafe struct TileJob
{
    public TileJob()
    {
    }

    /// <summary>The first element of a.</summary>
    public float* A;

    /// <summary>From one row of a to the next.</summary>
    public nint RowStride;

    /// <summary>From one step of the sum to the next, in a.</summary>
    public nint Step = 1;

    /// <summary>From one segment to the next, in the operand that lies in pieces: a of a tile, b of scalar products.</summary>
    public nint SegmentStride;

    /// <summary>The first vector of b.</summary>
    public float* B;

    /// <summary>From one step of the sum to the next, in b.</summary>
    public nint BStride;

    /// <summary>What will be read soon and is asked for meanwhile, or null. Rows and segments go on in it as in a.</summary>
    public float* Ahead;

    /// <summary>How far each step goes on in it.</summary>
    public nint AheadStep;

    public int Depth;

    public int Segments = 1;

    public float* C;

    /// <summary>From one row of c to the next.</summary>
    public nint CStride;

    public float Scale = 1;

    /// <summary>Whether c is added to; else it is overwritten.</summary>
    public bool Add;

    /// <summary>One row that is added to every row of a c that is overwritten, or null.</summary>
    public float* Bias;
}
