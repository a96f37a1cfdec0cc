namespace Lora.Benchmarks;

/// <summary>The row of the native program: its start and its size.</summary>
internal sealed class NativeRow : Row
{
    private NativeQuickStart? _measured;
    private string? _fault;

    public override bool DependsOnThreads => false;

    public override void Measure(Setting setting)
    {
        try
        {
            _measured = NativeQuickStart.Measure();
        }
        catch (InvalidOperationException fault)
        {
            _fault = fault.Message.Split('\n')[0];
        }
    }

    public override RowResult Judge(Limits limits) => new()
    {
        Work = Work,
        Threads = limits.Threads,
        Ours = _measured?.StartMilliseconds,
        Criteria = _measured is { } measured
            ? [
                new("ms to start", measured.StartMilliseconds, NativeQuickStart.MostStartMilliseconds, measured.StartMilliseconds < NativeQuickStart.MostStartMilliseconds),
                new("MB", measured.FileBytes / 1e6, NativeQuickStart.MostFileMegabytes, measured.FileBytes / 1e6 < NativeQuickStart.MostFileMegabytes),
            ]
            : [],
        Void = _fault,
    };
}
