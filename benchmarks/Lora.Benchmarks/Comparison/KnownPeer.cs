namespace Lora.Benchmarks;

/// <summary>
/// TorchSharp's times in milliseconds, on one thread and on two, as they were measured carefully on a machine of 117 GFLOPS a core. On such a machine a
/// run that finds another time is disturbed, or its TorchSharp is not set up well, and the row says nothing.
/// </summary>
internal sealed record KnownPeer(double One, double Two)
{
    private const double FlopsPerSecond = 117e9;
    private const double SameMachine = 0.05;
    private const double Allowed = 0.15;

    /// <summary>Why the row is void, or null.</summary>
    public string? Contradiction(double peerMilliseconds, Limits limits)
    {
        double known = limits.Threads == 1 ? One : Two;
        bool isThatMachine = Math.Abs((limits.FlopsPerSecond / limits.Threads / FlopsPerSecond) - 1) <= SameMachine;
        return isThatMachine && limits.Threads <= 2 && Math.Abs((peerMilliseconds / known) - 1) > Allowed
            ? $"TorchSharp took {peerMilliseconds:G3} ms; on such a machine it takes {known:G3}"
            : null;
    }
}
