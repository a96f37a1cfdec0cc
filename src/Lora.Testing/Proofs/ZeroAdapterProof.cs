namespace Lora.Testing;

/// <summary>Where the product of A and B is zero, as at the start, the result is that of the layers without adapters, bit for bit; and else it is another.</summary>
internal static class ZeroAdapterProof
{
    public static ProofOutcome Run(Subject subject)
    {
        float[] adapted = subject.Infer();
        (string Path, AdaptedLayer Layer, LoraAdapter Adapter)[] adapters =
            [.. subject.Adapted.Select(named => (named.Path, named.Layer, named.Layer.Adapter!))];
        float[][] values = [.. adapters.Select(named => named.Adapter.B.Span.ToArray())];
        float[] zero;
        float[] none;
        try
        {
            foreach ((_, _, LoraAdapter adapter) in adapters)
            {
                adapter.B.Span.Clear();
            }

            zero = subject.Infer();
            foreach ((_, AdaptedLayer layer, _) in adapters)
            {
                layer.Detach();
            }

            none = subject.Infer();
        }
        finally
        {
            for (int i = 0; i < adapters.Length; i++)
            {
                (string path, AdaptedLayer layer, LoraAdapter adapter) = adapters[i];
                layer.Attach(adapter, path);
                (adapter.A.IsReplaced, adapter.B.IsReplaced) = (false, false);
                values[i].CopyTo(adapter.B.Span);
            }
        }

        var faults = new List<string>();
        if (!zero.AsSpan().SequenceEqual(none))
        {
            faults.Add($"the result: {Subject.Show(zero)} with adapters whose product is zero, {Subject.Show(none)} without adapters");
        }

        double effect = Subject.Distance(adapted, none);
        if (!(effect > 10 * subject.Options.MergeTolerance))
        {
            faults.Add(FormattableString.Invariant($"the result: {Subject.Show(adapted)} with adapters, {Subject.Show(none)} without: they change nothing"));
        }

        return new ProofOutcome(FormattableString.Invariant($"the same bits; adapters that are not zero change the result by {effect:G2} of it"), faults);
    }
}
