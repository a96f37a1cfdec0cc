namespace Lora.Testing;

/// <summary>What <see cref="ModelProof"/> found out about a model.</summary>
public sealed class ModelProofReport
{
    internal ModelProofReport(string model, IReadOnlyList<ProofResult> proofs) => (Model, Proofs) = (model, proofs);

    /// <summary>The model's class.</summary>
    public string Model { get; }

    /// <summary>Each proof, in the order in which they ran.</summary>
    public IReadOnlyList<ProofResult> Proofs { get; }

    /// <summary>A line for each proof with its numbers, and its faults below.</summary>
    public override string ToString() => string.Join('\n', Proofs);
}

/// <summary>One proof of a model.</summary>
/// <param name="Name">The proof.</param>
/// <param name="Summary">What was compared, and how close it was.</param>
/// <param name="Faults">What is wrong: nothing where the proof holds.</param>
public sealed record ProofResult(string Name, string Summary, IReadOnlyList<string> Faults)
{
    /// <summary>The proof with its numbers, and its faults below.</summary>
    public override string ToString() => Faults.Count == 0
        ? $"  holds   {Name}: {Summary}"
        : $"  FAILED  {Name}\n{string.Join('\n', Faults.Select(fault => $"            {fault}"))}";
}

/// <summary>What one proof came to.</summary>
internal sealed record ProofOutcome(string Summary, IReadOnlyList<string> Faults);
