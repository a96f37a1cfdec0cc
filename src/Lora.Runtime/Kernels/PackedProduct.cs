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
/// One dispatch takes as many steps as leave its part of x in the second-level cache, or in the third-level one where the second is small: then some examples
/// at a time are near. The last tiles of a block ask for the next, each for its share.
/// A block that had to be turned over serves more of x, and where it can the examples of all threads. The blocks of the sum are the same for any number of
/// examples and threads, and so are the bits; where the second-level cache is small they depend on its size.
/// </remarks>
internal unsafe struct PackedProduct : IParts
{
    /// <summary>The most panels of steps of a sum between two visits of y.</summary>
    private const int MostPanels = 24;

    /// <summary>The second-level cache, in bytes, from which on it holds a block of so many, the next, and a good part of x.</summary>
    private const int LargeCache = 1 << 20;

    /// <summary>Of a smaller cache a block, the next, and the examples that the strips of a block go over take one part of so many each.</summary>
    private const int PartsOfSmallCache = 5;

    /// <summary>The bytes of x that a dispatch takes beside a small cache, from the third-level one: to read W from memory again would cost more.</summary>
    private const int BytesOfXBesideSmallCache = 5 << 18;

    /// <summary>The examples of a thread from which on each has its own: what it writes of one operation it then reads of the next, and not of another thread's. Of fewer each would read all of W for too little.</summary>
    private const int ManyExamples = 128;

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
    private bool _hasOwnExamples;
    private int _firstExample;
    private int _examples;
    private int _examplesPerPart;
    private int _panels;
    private int _parts;
    private int _firstStep;
    private int _endStep;

    public void Run()
    {
        _panels = Blocks.Count(Weights.Outputs, PackedPanels.PanelRows);
        _steps = Math.Min(Weights.Steps, Blocks.Even(Weights.Steps, PanelsOfBlock * WeightBlocks.Panel, WeightBlocks.Panel));
        _hasOwnExamples = Count >= ManyExamples * LoraThreads.Count && !(Weights.TurnsOver && PanelsDivide);
        int floatsOfX = BytesOfX / sizeof(float) * (_hasOwnExamples ? LoraThreads.Count : 1);
        int block = Blocks.Even(Count, Math.Max(VectorWidth.TileRows, floatsOfX / _steps), VectorWidth.TileRows);
        int stepsOfDispatch = _steps * Math.Max(1, floatsOfX / (block * _steps));
        Scratch.ReserveWeights(Weights.RoomFor(_steps));
        for (_firstExample = 0; _firstExample < Count; _firstExample += block)
        {
            _examples = Math.Min(block, Count - _firstExample);
            _examplesPerPart = Blocks.Even(_examples, Blocks.Count(_examples, ExampleParts), VectorWidth.TileRows);
            _parts = _panels * Blocks.Count(_examples, _examplesPerPart);
            for (_firstStep = 0; _firstStep < Weights.Steps; _firstStep += stepsOfDispatch)
            {
                _endStep = Math.Min(Weights.Steps, _firstStep + stepsOfDispatch);
                Workers.Run(ref this, _parts, (2.0 * (_endStep - _firstStep) + Update.WorkPerElement) * _examples * Weights.Outputs);
            }
        }
    }

    private static bool IsCacheSmall => SecondLevelCache.Bytes < LargeCache;

    private static int PanelsOfBlock =>
        IsCacheSmall ? Math.Clamp(SecondLevelCache.Bytes / PartsOfSmallCache / (WeightBlocks.Panel * WeightBlocks.Panel * sizeof(float)), 1, MostPanels) : MostPanels;

    private readonly int BytesOfX
    {
        get
        {
            int bytes = SecondLevelCache.Bytes / 8 * 5 * (Weights.TurnsOver ? MoreOfTurned : 1);
            return IsCacheSmall ? Math.Max(bytes, BytesOfXBesideSmallCache) : bytes;
        }
    }

    public readonly void Run(int part)
    {
        int output = OutputOf(part);
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
                if (step + depth == Weights.Steps)
                {
                    Update.Set(ref job, _firstExample + first, output);
                }

                if (readsRow)
                {
                    Weights.SetRow(ref job, output, step, Next(part, step + depth));
                    RunRow(job, Weights.OutputsOf(output));
                }
                else
                {
                    int group = ExamplesOfGroup(depth, examples);
                    Weights.Set(ref job, output, step, LastGroup(examples, group), step > _firstStep || IsAskedFor(part), Next(part, step + depth), room);
                    RunGroups(job, examples, group, Weights.OutputsOf(output));
                }
            }
        }
    }

    private readonly int ExampleParts => _hasOwnExamples ? LoraThreads.Count : Math.Max(1, Workers.Parts(_examples) / _panels);

    // Whether it is best that each thread turns over panels of its own, for all examples: not where one thread would have a panel more than the others.
    private readonly bool PanelsDivide
    {
        get
        {
            int threads = LoraThreads.Count;
            double ownPanels = (double)Blocks.Count(_panels, threads) * (Count + VectorWidth.TileRows);
            double ownExamples = (double)Weights.Outputs / PackedPanels.PanelRows * ((Count / threads) + VectorWidth.TileRows);
            return ownPanels <= ownExamples;
        }
    }

    // Whether the thread has most likely asked for the first block of a part: with the part before, or in the dispatch before.
    private readonly bool IsAskedFor(int part) => _firstStep > 0 || _firstExample > 0 || Workers.FirstOfStretch(part, _parts) != part;

    // What the thread most likely computes with next: more steps of its part, the part after it, or the next dispatch's first.
    private readonly float* Next(int part, int step)
    {
        if (step < _endStep)
        {
            return Weights.Source(OutputOf(part), step);
        }

        int first = Workers.FirstOfStretch(part, _parts);
        if (part + 1 < _parts && Workers.FirstOfStretch(part + 1, _parts) == first)
        {
            return Weights.Source(OutputOf(part + 1), _firstStep);
        }

        return _endStep < Weights.Steps ? Weights.Source(OutputOf(first), _endStep)
            : _firstExample + _examples < Count ? Weights.Source(OutputOf(first), 0)
            : null;
    }

    private readonly int OutputOf(int part) => part % _panels * PackedPanels.PanelRows;

    // Some examples at a time; the last group asks for the next block.
    private static void RunGroups(TileJob job, int examples, int group, int outputs)
    {
        int aheadSteps = job.AheadSteps;
        int last = LastGroup(examples, group);
        job.AheadSteps = 0;
        for (; examples > last; examples -= group)
        {
            Tile.RunPadded(job, group, outputs);
            job.A += group * job.RowStride;
            job.UpdateA += group * job.UpdateDepth;
            job.C += group * job.CStride;
        }

        job.AheadSteps = aheadSteps;
        Tile.RunPadded(job, last, outputs);
    }

    // What is left of whole groups belongs to the last.
    private static int LastGroup(int examples, int group) => examples - (Math.Max(0, (examples / group) - 1) * group);

    // A part of x that a small cache holds, where several strips of a block go over it; else all.
    private static int ExamplesOfGroup(int depth, int examples)
    {
        bool hasStrips = VectorWidth.TileVectors(VectorWidth.TileRows) * VectorWidth.Lanes < WeightBlocks.Panel;
        int group = SecondLevelCache.Bytes / PartsOfSmallCache / (depth * sizeof(float));
        return hasStrips ? Math.Max(1, group / VectorWidth.TileRows) * VectorWidth.TileRows : Math.Max(1, examples);
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
