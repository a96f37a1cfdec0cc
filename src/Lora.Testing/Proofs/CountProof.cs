namespace Lora.Testing;

/// <summary>The counts are what the dimensions say: r·(in + out) for each adapter, beside the weights of the plain model.</summary>
internal static class CountProof
{
    public static ProofOutcome Run(Subject subject)
    {
        var faults = new List<string>();
        ParameterCount count = subject.Model.CountParameters();
        long adapters = subject.Adapted.Sum(adapted =>
        {
            (long inputs, long outputs) = adapted.Layer switch
            {
                Linear linear => (linear.InFeatures, linear.OutFeatures),
                Embedding embedding => (embedding.Count, embedding.Width),
                var other => throw new NotSupportedException($"The adapter of a {other.GetType().Name} has no closed form here."),
            };
            return adapted.Layer.Adapter!.Rank * (inputs + outputs);
        });
        long weights = subject.Model.StateDict().Values.Sum(value => (long)value.Length);
        long trainedInFull = subject.State.Layers
            .Where(named => !named.Layer.IsFrozen)
            .SelectMany(named => named.Layer.Weights)
            .Sum(weight => (long)weight.Shape.Length);
        Compare("total", count.Total, weights + adapters, "the weights and r·(in + out) of each adapter");
        Compare("trainable", count.Trainable, trainedInFull + adapters, "r·(in + out) of each adapter, and the layers that are trained in full");
        Compare(
            "TrainableParameters", subject.Model.TrainableParameters.Sum(parameter => (long)parameter.Value.Length), trainedInFull + adapters, "what is trainable");
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
}
