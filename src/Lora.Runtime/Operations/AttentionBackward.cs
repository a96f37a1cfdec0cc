namespace Lora;

/// <summary>The gradients of an attention, each where it is wanted: see <see cref="AttentionKernel"/>.</summary>
internal unsafe struct AttentionBackward : IParts
{
    public AttentionSizes Sizes;
    public bool IsCausal;
    public AttentionMask Mask;
    public float* Q;
    public float* K;
    public float* V;
    public float* LogOfSums;
    public float* GradResult;
    public float* GradQ;
    public float* GradK;
    public float* GradV;

    /// <summary>Whether a part sets its columns of a gradient to zero before it adds to them.</summary>
    public bool ClearQ;
    public bool ClearK;
    public bool ClearV;

    private readonly bool NeedsScores => GradQ != null || GradK != null;

    public readonly void Run(int part)
    {
        int stride = ScoreBlock.Padded(Sizes.Keys);
        int turned = Sizes.HeadDim * stride;
        int block = ScoreBlock.MostRows * stride;
        fixed (float* keys = Scratch.Take((2 * turned) + (2 * block)))
        {
            float* values = keys + turned;
            float* probabilities = values + turned;
            int batch = part / Sizes.KeyHeads;
            int keyHead = part % Sizes.KeyHeads;
            nint keyStart = ((nint)batch * Sizes.Keys * Sizes.KeyWidth) + (keyHead * Sizes.HeadDim);
            Clear(batch, keyHead, keyStart);
            AttentionKernel.Turn(K + keyStart, Sizes, keys, stride);
            if (NeedsScores)
            {
                AttentionKernel.Turn(V + keyStart, Sizes, values, stride);
            }

            for (int head = keyHead * Sizes.Group; head < (keyHead + 1) * Sizes.Group; head++)
            {
                for (int row = 0; row < Sizes.Queries; row += ScoreBlock.MostRows)
                {
                    RunBlock(batch, head, row, keyStart, keys, values, probabilities, probabilities + block, stride);
                }
            }
        }
    }

    private readonly void Clear(int batch, int keyHead, nint keyStart)
    {
        int queryColumns = Sizes.Group * Sizes.HeadDim;
        nint queryStart = ((nint)batch * Sizes.Queries * Sizes.QueryWidth) + (keyHead * queryColumns);
        for (int row = 0; row < Sizes.Queries && ClearQ; row++)
        {
            new Span<float>(GradQ + queryStart + ((nint)row * Sizes.QueryWidth), queryColumns).Clear();
        }

        for (int row = 0; row < Sizes.Keys; row++)
        {
            nint start = keyStart + ((nint)row * Sizes.KeyWidth);
            if (ClearK)
            {
                new Span<float>(GradK + start, Sizes.HeadDim).Clear();
            }

            if (ClearV)
            {
                new Span<float>(GradV + start, Sizes.HeadDim).Clear();
            }
        }
    }

    private readonly void RunBlock(
        int batch, int head, int row, nint keyStart, float* turnedKeys, float* turnedValues, float* probabilities, float* slopes, int stride)
    {
        int rows = Math.Min(ScoreBlock.MostRows, Sizes.Queries - row);
        ScoreBlock block = AttentionKernel.Block(Sizes, IsCausal, row, rows, probabilities, stride);
        int visible = block.Visible;
        nint queryStart = ((((nint)batch * Sizes.Queries) + row) * Sizes.QueryWidth) + (head * Sizes.HeadDim);
        AttentionKernel.Scores(Q + queryStart, turnedKeys, stride, Sizes, rows, visible, probabilities);
        if (NeedsScores)
        {
            AttentionKernel.Scores(GradResult + queryStart, turnedValues, stride, Sizes, rows, visible, slopes);
        }

        block.Add(Mask, batch, head, row);
        block.Slopes(LogOfSums + ((((nint)batch * Sizes.Heads) + head) * Sizes.Queries) + row, NeedsScores ? slopes : null);
        if (GradQ != null)
        {
            StridedProduct.Multiply(
                slopes, stride, 1, K + keyStart, Sizes.KeyWidth, GradQ + queryStart, Sizes.QueryWidth, rows, Sizes.HeadDim, visible, add: true);
        }

        if (GradK != null)
        {
            StridedProduct.Multiply(
                slopes, 1, stride, Q + queryStart, Sizes.QueryWidth, GradK + keyStart, Sizes.KeyWidth, visible, Sizes.HeadDim, rows, add: true);
        }

        if (GradV != null)
        {
            StridedProduct.Multiply(
                probabilities, 1, stride, GradResult + queryStart, Sizes.QueryWidth, GradV + keyStart, Sizes.KeyWidth, visible, Sizes.HeadDim, rows, add: true);
        }
    }
}
