namespace Lora;

/// <summary>What an adapter adds to a product while that is still in a near cache: scale·h·B, h [count, rank], B [rank, outputs].</summary>
internal readonly unsafe struct LowRankUpdate
{
    private readonly float* _h;
    private readonly float* _b;
    private readonly nint _bStride;
    private readonly float _scale;
    private readonly int _rank;
    private readonly delegate*<in TileJob, int, int, void> _kernel;

    private LowRankUpdate(float* h, float* b, nint bStride, float scale, int rank, delegate*<in TileJob, int, int, void> kernel)
    {
        _h = h;
        _b = b;
        _bStride = bStride;
        _scale = scale;
        _rank = rank;
        _kernel = kernel;
    }

    public bool IsNothing => _kernel == null;

    /// <summary>The floating-point operations for one element of the result.</summary>
    public double WorkPerElement => IsNothing ? 0 : 2.0 * _rank;

    /// <summary>An update in the kernel that is compiled over the rank, where there is one.</summary>
    /// <typeparam name="TRank">The rank that it most likely has.</typeparam>
    public static LowRankUpdate Of<TRank>(float* h, float* b, nint bStride, float scale, int rank)
        where TRank : struct, IRank
    {
        delegate*<in TileJob, int, int, void> kernel =
            TRank.Value == rank ? &RankPanels<TRank>.RunOrTile
            : rank == Rank4.Value ? &RankPanels<Rank4>.RunOrTile
            : rank == Rank8.Value ? &RankPanels<Rank8>.RunOrTile
            : rank == Rank16.Value ? &RankPanels<Rank16>.RunOrTile
            : &RankPanels<AnyRank>.RunOrTile;
        return new LowRankUpdate(h, b, bStride, scale, rank, kernel);
    }

    /// <summary>Adds to a block of the result.</summary>
    /// <param name="y">Its first element.</param>
    /// <param name="stride">From one of its rows to the next.</param>
    /// <param name="example">The example of its first row.</param>
    /// <param name="output">The output of its first column.</param>
    /// <param name="examples">Its rows.</param>
    /// <param name="outputs">Its columns.</param>
    public void AddTo(float* y, nint stride, int example, int output, int examples, int outputs)
    {
        if (!IsNothing)
        {
            _kernel(
                new TileJob
                {
                    A = _h + ((nint)example * _rank),
                    RowStride = _rank,
                    B = _b + output,
                    BStride = _bStride,
                    Depth = _rank,
                    C = y,
                    CStride = stride,
                    Scale = _scale,
                    Add = true,
                },
                examples,
                outputs);
        }
    }
}
