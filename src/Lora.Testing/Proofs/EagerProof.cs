namespace Lora.Testing;

/// <summary>The generated forward pass gives what the user's own method gives.</summary>
internal static class EagerProof
{
    public static ProofOutcome Run(Subject subject)
    {
        float[] eager = subject.Evaluate();
        if (eager.FirstOrDefault(value => !float.IsFinite(value), 0f) is var first && !float.IsFinite(first))
        {
            return new ProofOutcome("", [FormattableString.Invariant($"the eager result holds {first}")]);
        }

        float[] generated = subject.Train();
        double distance = Subject.Distance(generated, eager);
        double allowed = subject.Options.ValueTolerance;
        return new ProofOutcome(
            FormattableString.Invariant($"relative distance {distance:G2}, allowed {allowed:G2}"),
            distance <= allowed ? [] : [FormattableString.Invariant(
                $"the result: generated {Subject.Show(generated)}, eager {Subject.Show(eager)}; relative distance {distance:G3}, allowed {allowed:G3}")]);
    }
}
