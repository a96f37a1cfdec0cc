namespace Lora.Benchmarks;

/// <summary>Work of one kind over growing sizes.</summary>
/// <param name="Name">What grows, and of what.</param>
/// <param name="Axis">The name of the size.</param>
/// <param name="Sizes">The sizes.</param>
/// <param name="Make">The work of a size, and its operations.</param>
internal sealed record Sweep(string Name, string Axis, IReadOnlyList<int> Sizes, Func<int, (IWork Work, double Flops)> Make)
{
    /// <summary>How much more a point may cost, for an operation, than a neighbour.</summary>
    public const double LargestJump = 1.3;

    /// <summary>Whether sizes are thread counts, which are set before a work is made.</summary>
    public bool OverThreads { get; init; }

    public IReadOnlyList<SweepPoint> Measure(Repeats repeats) => [.. Sizes.Select(size => Measure(size, repeats))];

    /// <summary>The points among large works that cost more than a neighbour by more than the largest jump.</summary>
    public static IEnumerable<SweepPoint> Cliffs(IReadOnlyList<SweepPoint> points)
    {
        for (int i = 0; i < points.Count; i++)
        {
            IEnumerable<SweepPoint> neighbours = points.Take(i + 2).Skip(Math.Max(0, i - 1)).Where(point => point.Flops >= SweepPoint.LargeFlops);
            if (points[i].Flops >= SweepPoint.LargeFlops && neighbours.Any(neighbour => points[i].Cost > LargestJump * neighbour.Cost))
            {
                yield return points[i];
            }
        }
    }

    private SweepPoint Measure(int size, Repeats repeats)
    {
        LoraThreads.Count = OverThreads ? size : 1;
        (IWork work, double flops) = Make(size);
        using (work)
        {
            return new SweepPoint(size, flops, Interleaved.Minimum([work], repeats)[0], LoraThreads.Count);
        }
    }
}
