namespace Lora;

/// <summary>The result of an attention: see <see cref="AttentionKernel"/>.</summary>
internal unsafe struct AttentionForward : IParts
{
    // Fewer query rows than this do not repay turning the keys over.
    private const int FewRows = 4;

    public AttentionSizes Sizes;
    public bool IsCausal;
    public AttentionMask Mask;
    public float* Q;
    public float* K;
    public float* V;
    public float* Result;

    /// <summary>log Σ exp of each row's scores, or null.</summary>
    public float* LogOfSums;

    public readonly void Run(int part)
    {
        int stride = ScoreBlock.Padded(Sizes.Keys);
        bool turnsKeys = Sizes.Queries >= FewRows;
        int turned = turnsKeys ? Sizes.HeadDim * stride : 0;
        fixed (float* scratch = Scratch.Take(turned + (ScoreBlock.MostRows * stride)))
        {
            int batch = part / Sizes.KeyHeads;
            int keyHead = part % Sizes.KeyHeads;
            nint keyStart = ((nint)batch * Sizes.Keys * Sizes.KeyWidth) + (keyHead * Sizes.HeadDim);
            if (turnsKeys)
            {
                AttentionKernel.Turn(K + keyStart, Sizes, scratch, stride);
            }

            for (int head = keyHead * Sizes.Group; head < (keyHead + 1) * Sizes.Group; head++)
            {
                for (int row = 0; row < Sizes.Queries; row += ScoreBlock.MostRows)
                {
                    RunBlock(batch, head, row, keyStart, turnsKeys ? scratch : null, scratch + turned, stride);
                }
            }
        }
    }

    private readonly void RunBlock(int batch, int head, int row, nint keyStart, float* turnedKeys, float* scores, int stride)
    {
        int rows = Math.Min(ScoreBlock.MostRows, Sizes.Queries - row);
        ScoreBlock block = AttentionKernel.Block(Sizes, IsCausal, row, rows, scores, stride);
        int visible = block.Visible;
        nint queryStart = ((((nint)batch * Sizes.Queries) + row) * Sizes.QueryWidth) + (head * Sizes.HeadDim);
        if (turnedKeys != null)
        {
            AttentionKernel.Scores(Q + queryStart, turnedKeys, stride, Sizes, rows, visible, scores);
        }
        else
        {
            var dots = new TileJob
            {
                A = Q + queryStart,
                RowStride = Sizes.QueryWidth,
                B = K + keyStart,
                BStride = Sizes.KeyWidth,
                Depth = Sizes.HeadDim,
                C = scores,
                CStride = stride,
            };
            Dots.Run(dots, rows, visible);
        }

        block.Add(Mask, batch, head, row);
        block.Normalize(LogOfSums == null ? null : LogOfSums + ((((nint)batch * Sizes.Heads) + head) * Sizes.Queries) + row);
        StridedProduct.Multiply(
            scores, stride, 1, V + keyStart, Sizes.KeyWidth, Result + queryStart, Sizes.QueryWidth, rows, Sizes.HeadDim, visible, add: false);
    }
}
