namespace Lora.Benchmarks;

/// <summary>What the machine can do with so many threads: floating-point operations, and bytes read from memory, a second.</summary>
internal sealed record Limits(int Threads, double FlopsPerSecond, double BytesPerSecond)
{
    /// <summary>The shortest time that work of this size can take, in seconds.</summary>
    public double Bound(double flops, double bytes) => Math.Max(flops / FlopsPerSecond, bytes / BytesPerSecond);

    /// <summary>The better of two measurements.</summary>
    public Limits Best(Limits other) =>
        this with { FlopsPerSecond = Math.Max(FlopsPerSecond, other.FlopsPerSecond), BytesPerSecond = Math.Max(BytesPerSecond, other.BytesPerSecond) };

    public static Limits[] Measure(IReadOnlyList<int> threadCounts)
    {
        var bandwidth = new ReadBandwidth();
        return [.. threadCounts.Select(threads => new Limits(threads, FmaPeak.Measure(threads), bandwidth.Measure(threads)))];
    }
}
