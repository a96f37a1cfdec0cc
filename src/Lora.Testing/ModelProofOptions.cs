namespace Lora.Testing;

/// <summary>What <see cref="ModelProof"/> allows, and how hard it looks.</summary>
public sealed record ModelProofOptions
{
    /// <summary>The largest distance of a tensor's gradient from central differences, relative to its norm.</summary>
    public double GradientTolerance { get; init; } = 1e-3;

    /// <summary>The largest distance between the generated and the eager result, relative to its norm: fused code rounds otherwise.</summary>
    public double ValueTolerance { get; init; } = 1e-6;

    /// <summary>The largest distance between the merged and the adapted result, relative to its norm.</summary>
    public double MergeTolerance { get; init; } = 1e-5;

    /// <summary>In how many random directions each tensor is moved to find its gradient by differences.</summary>
    public int Directions { get; init; } = 9;

    /// <summary>The seed of the adapters and directions that the proofs draw.</summary>
    public ulong Seed { get; init; } = 42;

    /// <summary>
    /// Names of trainable parameters, or ends of them, that the method does not depend on with the given data. A gradient of zero proves nothing,
    /// so it is a fault for all others.
    /// </summary>
    public IReadOnlyList<string> Unused { get; init; } = [];
}
