namespace Lora.Testing;

/// <summary>The counts are what the dimensions say: r·(in + out) for each adapter (and out more for DoRA), beside the weights of the plain model.</summary>
internal static class CountProof
{
    public static ProofOutcome Run(Subject subject)
    {
        var faults = new List<string>();
        ParameterCount count = subject.Model.CountParameters();
        long all = subject.State.AdaptedLayers.Sum(named => named.Layer.Adapters.Values.Sum(adapter => Closed(named.Layer, adapter)));
        long active = subject.Adapted.Sum(named => Closed(named.Layer, named.Layer.Adapter!));
        long weights = subject.Model.StateDict().Values.Sum(value => (long)value.Length);
        long besides = subject.State.Layers.SelectMany(named => named.Layer.Weights).Where(weight => !weight.IsFrozen).Sum(weight => (long)weight.Shape.Length);
        long copies = subject.State.Layers.Sum(named => named.Layer.Resting.Length);
        Compare("total", count.Total, weights + copies + all, "the weights, the copies that are trained in full, and r·(in + out) of each adapter");
        Compare("trainable", count.Trainable, active + besides, "r·(in + out) of each adapter, and the layers that are trained in full");
        Compare(
            "TrainableParameters", subject.Model.TrainableParameters.Sum(parameter => (long)parameter.Value.Length), active + besides, "what is trainable");
        string[] doubled = [.. subject.Model.TrainableParameters.GroupBy(parameter => parameter.Name).Where(group => group.Count() > 1).Select(group => group.Key)];
        if (doubled.Length > 0)
        {
            faults.Add($"TrainableParameters: two parameters are called {string.Join(", ", doubled)}");
        }

        return new ProofOutcome(count.ToString(), faults);

        void Compare(string what, long counted, long closed, string form)
        {
            if (counted != closed)
            {
                faults.Add(FormattableString.Invariant($"{what}: counted {counted:N0}, but {form} are {closed:N0}"));
            }
        }
    }

    private static long Closed(AdaptedLayer layer, LoraAdapter adapter)
    {
        (long inputs, long outputs) = layer switch
        {
            Linear linear => (linear.InFeatures, linear.OutFeatures),
            Embedding embedding => (embedding.Count, embedding.Width),
            _ => throw new NotSupportedException($"The adapter of a {layer.GetType().Name} has no closed form here."),
        };
        return (adapter.Rank * (inputs + outputs)) + (adapter.Settings.UseDora ? outputs : 0);
    }
}
