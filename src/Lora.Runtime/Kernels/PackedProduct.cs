using System.Runtime.Intrinsics;

namespace Lora;

/// <summary>y = x·Wᵀ (+ bias), or d = g·W, or d += g·W, for a packed W, with what an adapter adds. A part is a panel of outputs by some examples.</summary>
/// <remarks>
/// <code>
///        steps of the sum          panel of 48 outputs
///       ┌────────┬────────┐            ┌────┬───
///    x  │ stays  │  next  │     steps  │    │    a block of weights comes from memory while the one before it
///       │ in L2  │dispatch│            │    │    is computed with, and serves all examples of the part
///       └────────┴────────┘            ├────┼───
/// </code>
/// One dispatch takes as many steps as leave its part of x in the second-level cache. The last tiles of a block ask for the next, each for its share.
/// A block that had to be turned over serves more of x, and where it can the examples of all threads. The blocks of the sum are the same for any number of
/// examples and threads, and so are the bits.
/// </remarks>
internal unsafe struct PackedProduct : IParts
{
    /// <summary>The most steps of a sum between two visits of y, where the second-level cache holds their block beside the next and beside x.</summary>
    private const int MostSteps = 24 * WeightBlocks.Panel;

    /// <summary>What of that cache such a block may take: one part of so many.</summary>
    private const int PartsOfCache = 5;

    /// <summary>The same of the examples that the strips of a block go over.</summary>
    private const int PartsOfX = 4;

    /// <summary>What x is computed with at a time where the second-level cache is smaller: to read W from memory again costs more than x from the third-level one.</summary>
    private const int LeastBytesOfX = 5 << 18;

    private const int LargeCache = 1 << 20;

    private const int BytesOfStep = WeightBlocks.Panel * sizeof(float);

    /// <summary>The examples of a thread from which on each has its own: what it writes of one operation it then reads of the next, and not of another thread's.</summary>
    private const int ManyExamples = 64;

    /// <summary>How much more of x shares blocks that were turned over than stays near: to turn one again would cost more than to read x from farther away.</summary>
    private const int MoreOfTurned = 4;

    public WeightBlocks Weights;
    public float* X;
    public float* Y;
    public float* Bias;
    public int Count;
    public bool Add;
    public LowRankUpdate Update;

    private int _steps;
    private int _firstExample;
    private int _examples;
    private int _examplesPerPart;
    private int _panels;
    private int _firstStep;
    private int _endStep;

    public void Run()
    {
        int mostSteps = Math.Min(MostSteps, SecondLevelCache.Bytes / PartsOfCache / BytesOfStep / WeightBlocks.Panel * WeightBlocks.Panel);
        _steps = Math.Min(Weights.Steps, Blocks.Even(Weights.Steps, Math.Max(WeightBlocks.Panel, mostSteps), WeightBlocks.Panel));
        int floatsOfX = BytesOfX / sizeof(float);
        int block = Blocks.Even(Count, Math.Max(VectorWidth.TileRows, floatsOfX / _steps), VectorWidth.TileRows);
        int stepsOfDispatch = _steps * Math.Max(1, floatsOfX / (block * _steps));
        _panels = Blocks.Count(Weights.Outputs, PackedPanels.PanelRows);
        Scratch.ReserveWeights(Weights.RoomFor(_steps));
        for (_firstExample = 0; _firstExample < Count; _firstExample += block)
        {
            _examples = Math.Min(block, Count - _firstExample);
            _examplesPerPart = Blocks.Even(_examples, Blocks.Count(_examples, ExampleParts), VectorWidth.TileRows);
            int parts = _panels * Blocks.Count(_examples, _examplesPerPart);
            for (_firstStep = 0; _firstStep < Weights.Steps; _firstStep += stepsOfDispatch)
            {
                _endStep = Math.Min(Weights.Steps, _firstStep + stepsOfDispatch);
                Workers.Run(ref this, parts, (2.0 * (_endStep - _firstStep) + Update.WorkPerElement) * _examples * Weights.Outputs);
            }
        }
    }

    private readonly int BytesOfX
    {
        get
        {
            int near = SecondLevelCache.Bytes / 8 * 5 * (Weights.TurnsOver ? MoreOfTurned : 1);
            return SecondLevelCache.Bytes < LargeCache ? Math.Max(near, LeastBytesOfX) : near;
        }
    }

    public readonly void Run(int part)
    {
        int output = part % _panels * PackedPanels.PanelRows;
        int first = part / _panels * _examplesPerPart;
        int examples = Math.Min(_examplesPerPart, _examples - first);
        bool readsRow = examples == 1 && Weights.ReadsRows;
        fixed (float* room = Scratch.TakeWeights(readsRow ? 0 : Weights.RoomFor(_steps)))
        {
            for (int step = _firstStep; step < _endStep; step += _steps)
            {
                int depth = Math.Min(_steps, _endStep - step);
                var job = new TileJob
                {
                    A = X + ((nint)(_firstExample + first) * Weights.Steps) + step,
                    RowStride = Weights.Steps,
                    Depth = depth,
                    C = Y + ((nint)(_firstExample + first) * Weights.Outputs) + output,
                    CStride = Weights.Outputs,
                    Add = Add || step > 0,
                    Bias = Bias == null ? null : Bias + output,
                };
                if (readsRow)
                {
                    Weights.SetRow(ref job, output, step, Next(output, step + depth));
                    RunRow(job, Weights.OutputsOf(output));
                }
                else
                {
                    int near = NearExamples(depth, examples);
                    Weights.Set(ref job, output, step, Blocks.Last(examples, near), Next(output, step + depth), room);
                    RunTiles(job, examples, near, Weights.OutputsOf(output));
                }
            }
        }

        if (_endStep == Weights.Steps)
        {
            first += _firstExample;
            Update.AddTo(Y + ((nint)first * Weights.Outputs) + output, Weights.Outputs, first, output, examples, Weights.OutputsOf(output));
        }
    }

    private readonly int ExampleParts =>
        _examples >= ManyExamples * LoraThreads.Count && !(Weights.TurnsOver && PanelsDivide)
            ? LoraThreads.Count
            : Math.Max(1, Workers.Parts(_examples) / _panels);

    // Whether it is best that each thread turns over panels of its own, for all examples: not where one thread would have a panel more than the others.
    private readonly bool PanelsDivide
    {
        get
        {
            int threads = LoraThreads.Count;
            double ownPanels = (double)Blocks.Count(_panels, threads) * (_examples + VectorWidth.TileRows);
            double ownExamples = (double)Weights.Outputs / PackedPanels.PanelRows * ((_examples / threads) + VectorWidth.TileRows);
            return ownPanels <= ownExamples;
        }
    }

    // What the thread most likely computes with next.
    private readonly float* Next(int output, int step)
    {
        if (step < _endStep)
        {
            return Weights.Source(output, step);
        }

        output += PackedPanels.PanelRows;
        return output < Weights.Outputs ? Weights.Source(output, _firstStep) : null;
    }

    // Some examples at a time; the last of them ask for the next block.
    private static void RunTiles(TileJob job, int examples, int near, int outputs)
    {
        int aheadSteps = job.AheadSteps;
        for (; examples > 0; examples -= near)
        {
            job.AheadSteps = examples > near ? 0 : aheadSteps;
            Tile.RunPadded(job, Math.Min(near, examples), outputs);
            job.A += near * job.RowStride;
            job.C += near * job.CStride;
        }
    }

    // A part of x that the second-level cache holds, where several strips of a block go over it, and all where a tile is as wide as a block.
    private static int NearExamples(int depth, int examples)
    {
        int near = SecondLevelCache.Bytes / PartsOfX / (depth * sizeof(float));
        return VectorWidth.HasManyRegisters ? examples : Blocks.Even(examples, Math.Max(1, near / VectorWidth.TileRows) * VectorWidth.TileRows, VectorWidth.TileRows);
    }

    private static void RunRow(in TileJob job, int outputs)
    {
        if (VectorWidth.Has512)
        {
            BFloat16Row<Lanes512, Vector512<float>>.Run(job, outputs);
        }
        else if (VectorWidth.Has256)
        {
            BFloat16Row<Lanes256, Vector256<float>>.Run(job, outputs);
        }
        else
        {
            BFloat16Row<Lanes128, Vector128<float>>.Run(job, outputs);
        }
    }
}
