namespace Lora.Benchmarks;

/// <summary>A row that compares our time with TorchSharp's and with the bound of the machine.</summary>
internal sealed class SpeedRow : Row
{
    private double _ours = double.MaxValue;
    private double? _peer;
    private double _peakBeside;

    /// <summary>The floating-point operations of the work.</summary>
    public required double Flops { get; init; }

    /// <summary>The bytes that it must read from memory.</summary>
    public required double Bytes { get; init; }

    /// <summary>Whether the bytes are held to what one core reads, for any number of threads: what several read together is no steady measure.</summary>
    public bool IsHeldToOneCore { get; init; }

    public required Targets Targets { get; init; }

    public required Func<IWork> Ours { get; init; }

    /// <summary>The ways in which TorchSharp does the same: the fastest counts.</summary>
    public required IReadOnlyList<Func<IWork>> Peers { get; init; }

    /// <summary>What TorchSharp's time is known to be on one kind of machine.</summary>
    public KnownPeer? KnownPeer { get; init; }

    public override bool IsTimed => true;

    public override void Measure(Setting setting)
    {
        List<IWork> works = [Ours(), new PeakBeside(setting.Threads)];
        if (setting.HasPeer)
        {
            works.AddRange(Peers.Select(make => make()));
        }

        try
        {
            double[] times = Interleaved.Minimum(works, setting.Repeats);
            _ours = Math.Min(_ours, times[0]);
            _peakBeside = Math.Max(_peakBeside, FmaPeak.Flops(setting.Threads) / times[1]);
            _peer = times.Length > 2 ? Math.Min(_peer ?? double.MaxValue, times[2..].Min()) : null;
        }
        finally
        {
            works.ForEach(work => work.Dispose());
        }
    }

    public override RowResult Judge(Limits limits)
    {
        Limits own = IsHeldToOneCore ? limits.WithReadsOfOneCore() : limits;
        double bound = own.Bound(Flops, Bytes);
        double largestShare = IsHeldToOneCore && limits.Threads > 1 ? double.PositiveInfinity : Targets.LargestShare;
        return new RowResult
        {
            Work = Work,
            Threads = limits.Threads,
            Ours = 1000 * _ours,
            Peer = 1000 * _peer,
            Bound = 1000 * bound,
            BoundBeside = 1000 * (own with { FlopsPerSecond = _peakBeside }).Bound(Flops, Bytes),
            Criteria = Targets.Judge(_ours, _peer, bound, limits.Threads, largestShare),
            Void = _peer is { } peer ? KnownPeer?.Contradiction(1000 * peer, limits) : null,
        };
    }
}
