namespace Lora.Benchmarks;

/// <summary>What was measured of one row.</summary>
internal sealed record RowResult
{
    /// <summary>What was done.</summary>
    public required string Work { get; init; }

    /// <summary>The threads that both sides had.</summary>
    public required int Threads { get; init; }

    /// <summary>What the measures are in: "ms", "MiB" or "bytes".</summary>
    public string Unit { get; init; } = "ms";

    /// <summary>Our measure.</summary>
    public double? Ours { get; init; }

    /// <summary>TorchSharp's, or null where libtorch does not load.</summary>
    public double? Peer { get; init; }

    /// <summary>The peer's measure over ours.</summary>
    public double? Ratio => Peer / Ours;

    /// <summary>The least that the machine allows.</summary>
    public double? Bound { get; init; }

    /// <summary>The bound over our measure.</summary>
    public double? Share => Bound / Ours;

    /// <summary>The same with the FMA peak that was measured between the batches of this row.</summary>
    public double? BoundBeside { get; init; }

    /// <summary>The bound beside over our measure: for people, no target.</summary>
    public double? ShareBeside => BoundBeside / Ours;

    /// <summary>What the row is judged by.</summary>
    public required IReadOnlyList<Criterion> Criteria { get; init; }

    /// <summary>Why the row says nothing, where it does not.</summary>
    public string? Void { get; init; }

    /// <summary>Whether every target is met.</summary>
    public bool Met => Void is null && Criteria.All(criterion => criterion.Met);
}
