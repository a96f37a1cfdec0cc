namespace Lora.Benchmarks;

/// <summary>A row that compares the time of a work with that of a simpler one, for us and for TorchSharp.</summary>
internal sealed class OverheadRow : Row
{
    private double[] _times = [];

    /// <summary>The most that the work may take, of the time of the simpler one.</summary>
    public required double Limit { get; init; }

    public required Func<IWork> Ours { get; init; }

    public required Func<IWork> OursSimpler { get; init; }

    public required Func<IWork> Peer { get; init; }

    public required Func<IWork> PeerSimpler { get; init; }

    public override bool IsTimed => true;

    public override void Measure(Setting setting)
    {
        List<IWork> works = [Ours(), OursSimpler()];
        if (setting.HasPeer)
        {
            works.AddRange([Peer(), PeerSimpler()]);
        }

        try
        {
            double[] times = Interleaved.Minimum(works, setting.Repeats);
            _times = _times.Length == 0 ? times : [.. times.Zip(_times, Math.Min)];
        }
        finally
        {
            works.ForEach(work => work.Dispose());
        }
    }

    public override RowResult Judge(Limits limits)
    {
        double overhead = _times[0] / _times[1];
        List<Criterion> criteria = [new("over the plain one", overhead, Limit, overhead <= Limit)];
        if (_times.Length > 2)
        {
            criteria.Add(new Criterion("TorchSharp's over its plain one", _times[2] / _times[3], double.NaN, Met: true));
        }

        return new RowResult
        {
            Work = Work,
            Threads = limits.Threads,
            Ours = 1000 * _times[0],
            Peer = _times.Length > 2 ? 1000 * _times[2] : null,
            Criteria = criteria,
        };
    }
}
