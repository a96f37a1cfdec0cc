namespace Lora.Testing;

/// <summary>Where the product of A and B is zero, as at the start, the result is that of the layers without adapters, bit for bit; and else it is another.</summary>
internal static class ZeroAdapterProof
{
    public static ProofOutcome Run(Subject subject)
    {
        if (subject.Adapted.Any(named => named.Layer.Adapter!.Magnitude is not null))
        {
            return new ProofOutcome("does not apply: DoRA's magnitudes are trained apart from the product", []);
        }

        float[] adapted = subject.Infer();
        (AdaptedLayer Layer, LoraAdapter Adapter)[] adapters = [.. subject.Adapted.Select(named => (named.Layer, named.Layer.Adapter!))];
        float[][] values = [.. adapters.Select(named => named.Adapter.B.Span.ToArray())];
        float[] zero;
        float[] none;
        try
        {
            foreach ((_, LoraAdapter adapter) in adapters)
            {
                adapter.B.Span.Clear();
            }

            zero = subject.Infer();
            foreach ((AdaptedLayer layer, _) in adapters)
            {
                layer.Activate(null);
            }

            none = subject.Infer();
        }
        finally
        {
            for (int i = 0; i < adapters.Length; i++)
            {
                adapters[i].Layer.Activate(ProofAdapters.Name);
                values[i].CopyTo(adapters[i].Adapter.B.Span);
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
