namespace Lora.Benchmarks;

/// <summary>How often each side has its turn: as often as there is time for, within limits.</summary>
internal sealed record Repeats(int Least, int Most, TimeSpan Time)
{
    public static Repeats Thorough { get; } = new(Least: 5, Most: 40, Time: TimeSpan.FromSeconds(8));

    /// <summary>For many points, of which each has neighbours to be compared with.</summary>
    public static Repeats Sweep { get; } = new(Least: 5, Most: 25, Time: TimeSpan.FromSeconds(1));

    public static Repeats Quick { get; } = new(Least: 2, Most: 8, Time: TimeSpan.FromSeconds(2));
}
