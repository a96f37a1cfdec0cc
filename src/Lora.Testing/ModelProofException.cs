namespace Lora.Testing;

/// <summary>A proof of a model failed. The message lists every fault under its proof.</summary>
public sealed class ModelProofException : Exception
{
    internal ModelProofException(ModelProofReport report)
        : base(Describe(report)) => Report = report;

    /// <summary>All proofs, those that hold too.</summary>
    public ModelProofReport Report { get; }

    private static string Describe(ModelProofReport report)
    {
        int failed = report.Proofs.Count(proof => proof.Faults.Count > 0);
        return $"{failed} of {report.Proofs.Count} proofs of {report.Model} failed.\n{report}";
    }
}
