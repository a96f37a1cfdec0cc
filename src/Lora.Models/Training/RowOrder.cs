namespace Lora.Models;

/// <summary>Which rows each step takes: all rows once in an epoch, whose last step may have fewer.</summary>
internal sealed class RowOrder(int rows, TrainerOptions options)
{
    private int[] _order = [];
    private int _epoch = -1;

    public int StepsPerEpoch => (int)((rows + RowsPerStep - 1) / RowsPerStep);

    private long RowsPerStep => (long)options.Batch * options.Accumulate;

    public IReadOnlyList<TokenBatch> BatchesOf(int step, IReadOnlyList<TokenRow> from)
    {
        Enter(step / StepsPerEpoch);
        int begin = (int)(step % StepsPerEpoch * RowsPerStep);
        int end = (int)Math.Min(rows, begin + RowsPerStep);
        return [.. _order[begin..end].Chunk(options.Batch).Select(chunk => TokenBatch.Of([.. chunk.Select(row => from[row])]))];
    }

    // A function of the seed and the epoch's number: Fisher and Yates's shuffle, in Durstenfeld's form.
    private void Enter(int epoch)
    {
        if (_epoch == epoch)
        {
            return;
        }

        _epoch = epoch;
        _order = [.. Enumerable.Range(0, rows)];
        if (!options.Shuffle)
        {
            return;
        }

        var seeds = new LoraRandom(options.Seed);
        for (int i = 0; i < epoch; i++)
        {
            seeds.NextUInt64();
        }

        var random = new LoraRandom(seeds.NextUInt64());
        for (int i = rows - 1; i > 0; i--)
        {
            int other = random.NextInt32(i + 1);
            (_order[i], _order[other]) = (_order[other], _order[i]);
        }
    }
}
