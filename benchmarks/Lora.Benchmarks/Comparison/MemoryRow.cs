namespace Lora.Benchmarks;

/// <summary>A row that compares the most memory that training takes, each side in a process of its own.</summary>
internal sealed class MemoryRow : Row
{
    private const int Steps = 2;

    private double _ours;
    private double? _peer;

    /// <summary>What is trained.</summary>
    public required LlamaCase Case { get; init; }

    /// <summary>The most that we may take, of what TorchSharp takes.</summary>
    public required double Limit { get; init; }

    public override void Measure(Setting setting)
    {
        _ours = Peak(isPeer: false);
        _peer = setting.HasPeer ? Peak(isPeer: true) : null;

        double Peak(bool isPeer) => SideCommand.RunChild(Case.Name, isPeer, setting.Threads, Steps).PeakBytes / (1024.0 * 1024.0);
    }

    public override RowResult Judge(Limits limits) => new()
    {
        Work = Work,
        Threads = limits.Threads,
        Unit = "MiB",
        Ours = _ours,
        Peer = _peer,
        Criteria = _peer is { } peer ? [new("of TorchSharp's", _ours / peer, Limit, _ours / peer <= Limit)] : [],
        Void = _peer is null ? "TorchSharp is missing" : null,
    };
}
