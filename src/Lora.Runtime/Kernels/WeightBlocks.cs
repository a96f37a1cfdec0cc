namespace Lora;

/// <summary>The weights of a <see cref="PackedMatrix"/> as the tiles of a product read them: blocks of some steps of the sum by up to 48 outputs.</summary>
/// <remarks>
/// <code>
///   x·Wᵀ: a panel is one           g·W: squares of 48 by 48, turned over in memory near by
///   ┌──────────┐                   ┌──────┐ ┌──────┐       ┌──────────┐
///   │ 48 rows  │ columns of W      │panel │→│      │       │          │ rows of W
///   │          │ are the steps     │      │ │      │  …    │          │ are the steps
///   └──────────┘                   └──────┘ └──────┘       └──────────┘
/// </code>
/// </remarks>
internal readonly unsafe struct WeightBlocks(PackedPanels panels, bool transposed)
{
    /// <summary>The steps of which the length of a block is a multiple.</summary>
    public const int Panel = PackedPanels.PanelRows;

    // A panel of each stream that is asked for.
    private const int StepsOfSegment = Prefetch.Streams * Panel;

    // How far ahead one stream is asked for, in bytes: a little where a processor does so itself, much where arithmetic keeps it from it.
    private const int Near = 512;
    private const int Far = 8192;
    private const int FewExamples = 5;

    private const int Strip = 16;
    private const int Strips = Panel / Strip;

    /// <summary>The terms of one element of the result.</summary>
    public int Steps => transposed ? panels.Rows : panels.Columns;

    public int Outputs => transposed ? panels.Columns : panels.Rows;

    /// <summary>Whether the product of one example reads the weights where they lie, though they are not float32.</summary>
    public bool ReadsRows => !transposed && !panels.IsFloat32;

    /// <summary>Whether a block is made by turning squares over, which takes about as long as <see cref="VectorWidth.TileRows"/> examples.</summary>
    public bool TurnsOver => transposed;

    /// <summary>The outputs of the block that begins with one.</summary>
    public int OutputsOf(int output) => Math.Min(Panel, Outputs - output);

    /// <summary>From one step of a block to the next.</summary>
    public int Stride(int output) => transposed ? Panel : panels.WidthOf(output);

    /// <summary>The floats that <see cref="Set"/> needs for so many steps.</summary>
    public int RoomFor(int steps) => transposed ? (steps * Panel) + panels.FloatsFor(Strip) : panels.FloatsFor(steps);

    /// <summary>The first of the weights that a block is made of.</summary>
    public float* Source(int output, int step) => transposed ? panels.Source(step, output) : panels.Source(output, step);

    /// <summary>Has a job's tiles, those of some examples, compute with one block and ask for another meanwhile.</summary>
    /// <param name="job">The job, its <see cref="TileJob.Depth"/> the steps of the block.</param>
    /// <param name="output">The block's first output: that of a panel.</param>
    /// <param name="step">Its first step: that of a panel.</param>
    /// <param name="examples">The examples of the tiles that ask.</param>
    /// <param name="isAskedFor">Whether the tiles of the block before have asked for this one.</param>
    /// <param name="next">Where the <see cref="Source"/> of the other block lies, or null.</param>
    /// <param name="room">Takes <see cref="RoomFor"/> of the steps.</param>
    public void Set(ref TileJob job, int output, int step, int examples, bool isAskedFor, float* next, float* room)
    {
        job.BStride = Stride(output);
        job.Ahead = (byte*)next;
        int tiles = Tile.Count(examples, OutputsOf(output));
        if (!transposed)
        {
            job.B = panels.Floats(output, step, job.Depth, room);
            if (Prefetch.ReadsOnByItself && tiles < Tile.AskingTiles)
            {
                job.StepsUntilSoon = 0;
            }

            bool isReadOn = Prefetch.ReadsOnByItself && examples == 1 && panels.IsFloat32;
            if (!isReadOn)
            {
                Ask(ref job, tiles, isWhereItLies: panels.IsFloat32, steps: job.Depth, distance: examples <= FewExamples ? Near : Far);
            }

            return;
        }

        // To turn a block over asks for as much as a tile, where there are few.
        nint asked = 0;
        if (next != null)
        {
            AskInStreams(ref job, Panel * panels.BytesOfColumn, StepsOfSegment, tiles + 1);
            job.AheadStream = panels.SourceStride;
            job.AheadStride = Prefetch.Streams * panels.SourceStride;
            asked = tiles < Tile.AskingTiles ? job.AheadOfTile : 0;
        }

        job.B = room;
        Turn(job, output, step, isAskedFor, room, asked / Strips);
        job.Ahead += asked;
        job.Segments = Math.DivRem(job.Depth, StepsOfSegment, out job.Rest);
        job.Depth = StepsOfSegment;
    }

    /// <summary>The same for one example, whose product reads the weights where they lie: a step is a pair of columns.</summary>
    public void SetRow(ref TileJob job, int output, int step, float* next)
    {
        job.B = Source(output, step);
        job.BStride = Stride(output);
        job.Ahead = (byte*)next;
        Ask(ref job, tiles: 1, isWhereItLies: true, steps: Blocks.Count(job.Depth, 2), distance: Prefetch.ReadsOnByItself ? Near : Far);
    }

    // One tile, which meets each weight once, may ask for what comes soon in the block itself; one of few registers had better leave that to the processor, but
    // for a row of bfloat16, which asks in each step. Else the next block is asked for, in one stream or an equal part of it in each: one is faster where few
    // tiles ask for much.
    private void Ask(ref TileJob job, int tiles, bool isWhereItLies, int steps, int distance)
    {
        if (tiles == 1 && isWhereItLies && Prefetch.OneStreamSuffices)
        {
            job.AheadStep = TileJob.StepsOfGroup * job.BStride * sizeof(float);
            job.AheadBytes = job.AheadStep / Prefetch.Streams;
            job.AheadStream = job.AheadBytes;
            job.AheadSteps = VectorWidth.HasManyRegisters ? steps : 0;
            job.Ahead = (byte*)job.B + distance;
        }
        else if (job.Ahead != null)
        {
            int bytes = panels.BytesOfColumn * job.Depth;
            bool inOneStream = Prefetch.OneStreamSuffices && (tiles < Tile.AskingTiles || !VectorWidth.HasManyRegisters);
            job.AheadStream = inOneStream ? 0 : bytes / Prefetch.Streams;
            AskInStreams(ref job, inOneStream ? bytes : (int)job.AheadStream, steps, tiles);
        }
    }

    // Each tile that asks does so for an equal part of another block's stretch in a stream, by whole cache lines.
    private static void AskInStreams(ref TileJob job, int stretch, int steps, int tiles)
    {
        int asking = Math.Min(tiles, Tile.AskingTiles);
        int groups = Blocks.Count(steps, TileJob.StepsOfGroup);
        int bytes = Math.Max(Prefetch.CacheLine, Blocks.Count(stretch, asking * groups));
        job.AheadBytes = bytes;
        job.AheadStep = bytes;
        job.AheadSteps = TileJob.StepsOfGroup * Blocks.Count(stretch, asking * bytes);
    }

    // A panel after another. What nobody has asked for before is asked for a strip ahead.
    private void Turn(in TileJob job, int output, int step, bool isAskedFor, float* room, nint asked)
    {
        int outputs = OutputsOf(output);
        float* made = room + ((nint)job.Depth * Panel);
        nint bytesOfStrip = isAskedFor ? 0 : Strip * panels.BytesOfColumn;
        for (int row = 0; row < job.Depth; row += Panel)
        {
            for (int column = 0; column < outputs; column += Strip)
            {
                int columns = Math.Min(Strip, outputs - column);
                Prefetch.StretchToSecondLevel(job.Ahead + (row / Panel * job.AheadStream) + (column / Strip * asked), asked);
                if (column + Strip < outputs)
                {
                    Prefetch.StretchToSecondLevel((byte*)panels.Source(step + row, output + column + Strip), bytesOfStrip);
                }
                else if (row + Panel < job.Depth)
                {
                    Prefetch.StretchToSecondLevel((byte*)panels.Source(step + row + Panel, output), bytesOfStrip);
                }

                Transposition.Run(
                    panels.Floats(step + row, output + column, columns, made),
                    panels.WidthOf(step + row),
                    columns,
                    panels.HeightOf(step + row),
                    room + ((nint)row * Panel) + column,
                    Panel,
                    add: false);
            }
        }
    }
}
