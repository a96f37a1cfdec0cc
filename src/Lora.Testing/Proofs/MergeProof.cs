namespace Lora.Testing;

/// <summary>Merged weights give what the adapters give, and unmerging restores every bit.</summary>
internal static class MergeProof
{
    public static ProofOutcome Run(Subject subject)
    {
        string[] inFull = [.. subject.Adapted.Where(adapted => !adapted.Layer.IsFrozen).Select(adapted => adapted.Path)];
        if (inFull.Length > 0)
        {
            return new ProofOutcome($"does not apply: {string.Join(", ", inFull)} is trained in full beside its adapter", []);
        }

        Dictionary<string, Tensor> before = FrozenProof.Frozen(subject, []);
        float[] adapted = subject.Infer();
        subject.Model.MergeAdapters();
        float[] merged = subject.Infer();
        subject.Model.UnmergeAdapters();

        List<string> faults = FrozenProof.Differences(before, FrozenProof.Frozen(subject, []), "after merging and unmerging");
        double distance = Subject.Distance(merged, adapted);
        double allowed = subject.Options.MergeTolerance;
        if (!(distance <= allowed))
        {
            faults.Add(FormattableString.Invariant(
                $"the result: merged {Subject.Show(merged)}, adapted {Subject.Show(adapted)}; relative distance {distance:G3}, allowed {allowed:G3}"));
        }

        float[] unmerged = subject.Infer();
        if (!unmerged.AsSpan().SequenceEqual(adapted))
        {
            faults.Add($"the result: {Subject.Show(unmerged)} after unmerging, {Subject.Show(adapted)} before merging");
        }

        return new ProofOutcome(FormattableString.Invariant($"relative distance {distance:G2}, allowed {allowed:G2}; unmerging restores {before.Count} tensors"), faults);
    }
}
