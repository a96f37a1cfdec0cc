namespace Lora.Benchmarks;

/// <summary>What the machine can do with so many threads: floating-point operations, and bytes read from memory, a second.</summary>
internal sealed record Limits(int Threads, double FlopsPerSecond, double BytesPerSecond, double BytesPerSecondOfOneCore)
{
    /// <summary>The shortest time that work of this size can take, in seconds.</summary>
    public double Bound(double flops, double bytes) => Math.Max(flops / FlopsPerSecond, bytes / BytesPerSecond);

    /// <summary>The same where memory is read as fast as one core does.</summary>
    public Limits WithReadsOfOneCore() => this with { BytesPerSecond = BytesPerSecondOfOneCore };

    /// <summary>The better of two measurements.</summary>
    public Limits Best(Limits other) => this with
    {
        FlopsPerSecond = Math.Max(FlopsPerSecond, other.FlopsPerSecond),
        BytesPerSecond = Math.Max(BytesPerSecond, other.BytesPerSecond),
        BytesPerSecondOfOneCore = Math.Max(BytesPerSecondOfOneCore, other.BytesPerSecondOfOneCore),
    };

    public static Limits[] Measure(IReadOnlyList<int> threadCounts)
    {
        var bandwidth = new ReadBandwidth();
        double ofOneCore = bandwidth.Measure(1);
        return
        [
            .. threadCounts.Select(threads =>
                new Limits(threads, FmaPeak.Measure(threads), threads == 1 ? ofOneCore : bandwidth.Measure(threads), ofOneCore)),
        ];
    }
}
