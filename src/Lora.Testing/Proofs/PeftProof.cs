namespace Lora.Testing;

/// <summary>Adapters that are saved and loaded again have the same bits and give the same result.</summary>
internal static class PeftProof
{
    public static ProofOutcome Run(Subject subject)
    {
        string folder = Directory.CreateTempSubdirectory("lora-proof-").FullName;
        try
        {
            return Run(subject, folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static ProofOutcome Run(Subject subject, string folder)
    {
        float[] result = subject.Infer();
        (string Path, LoraAdapter Adapter)[] saved = [.. subject.Adapted.Select(named => (named.Path, named.Layer.Adapter!))];
        try
        {
            PeftAdapter.Save(subject.Model, folder);
        }
        catch (InvalidOperationException refused)
        {
            return new ProofOutcome($"does not apply: {refused.Message}", []);
        }

        foreach ((_, AdaptedLayer layer) in subject.Adapted.ToArray())
        {
            layer.Remove(ProofAdapters.Name);
        }

        PeftAdapter.Load(subject.Model, folder, ProofAdapters.Name);
        var loaded = subject.Adapted.ToDictionary(named => named.Path, named => named.Layer.Adapter!);
        var faults = new List<string>();
        foreach ((string path, LoraAdapter adapter) in saved)
        {
            if (!loaded.Remove(path, out LoraAdapter? back))
            {
                faults.Add($"{path}: it has no adapter after loading what was saved");
            }
            else if (adapter.Scaling != back.Scaling || !adapter.Parameters.Zip(back.Parameters).All(pair => pair.First.Span.SequenceEqual(pair.Second.Span)))
            {
                faults.Add(FormattableString.Invariant(
                    $"{path}: saved A {Subject.Show(adapter.A.Span)}, B {Subject.Show(adapter.B.Span)}, scaling {adapter.Scaling}; loaded A {Subject.Show(back.A.Span)}, B {Subject.Show(back.B.Span)}, scaling {back.Scaling}"));
            }
        }

        faults.AddRange(loaded.Keys.Select(path => $"{path}: it has an adapter that was not saved"));
        float[] again = subject.Infer();
        if (!again.AsSpan().SequenceEqual(result))
        {
            faults.Add($"the result: {Subject.Show(result)} when saved, {Subject.Show(again)} when loaded");
        }

        return new ProofOutcome($"{saved.Length} adapters have the same bits, and the model the same result", faults);
    }
}
