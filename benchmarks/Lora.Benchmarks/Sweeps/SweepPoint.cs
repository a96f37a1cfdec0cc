namespace Lora.Benchmarks;

/// <summary>One measurement of a sweep.</summary>
/// <param name="At">The size that is swept.</param>
/// <param name="Flops">The operations of the work.</param>
/// <param name="Seconds">Its shortest time.</param>
/// <param name="Threads">The threads that it had.</param>
internal sealed record SweepPoint(int At, double Flops, double Seconds, int Threads)
{
    /// <summary>From here on a work is large: calls and edges are a small part of it.</summary>
    public const double LargeFlops = 5e7;

    /// <summary>Nanoseconds of all threads for a thousand operations: the cost that should not jump.</summary>
    public double Cost => Threads * Seconds * 1e12 / Flops;
}
