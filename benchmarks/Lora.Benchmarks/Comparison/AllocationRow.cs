namespace Lora.Benchmarks;

/// <summary>A row that counts what steady steps allocate on the managed heap, in a process of its own.</summary>
internal sealed class AllocationRow : Row
{
    private const int Steps = 20;

    private long _bytes;

    /// <summary>The name by which the other process knows the work.</summary>
    public required string Name { get; init; }

    public override void Measure(Setting setting) => _bytes = SideCommand.RunChild(Name, isPeer: false, setting.Threads, Steps).AllocatedBytes;

    public override RowResult Judge(Limits limits) => new()
    {
        Work = Work,
        Threads = limits.Threads,
        Unit = "bytes",
        Ours = _bytes,
        Criteria = [new("managed bytes of a steady step", (double)_bytes / Steps, 0, _bytes == 0)],
    };
}
