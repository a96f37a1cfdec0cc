namespace Lora;

public sealed partial class ModelState
{
    /// <summary>Counts all parameters, and the trainable ones. Layers that adapters train in full are counted beside their originals, as PEFT does.</summary>
    public ParameterCount CountParameters()
    {
        long trainable = TrainableParameters.Sum(parameter => (long)parameter.Value.Length);
        long weights = _layers.Sum(named => named.Layer.Weights.Sum(weight => (long)weight.Shape.Length) + named.Layer.Resting.Length);
        long adapters = AdaptedLayers.SelectMany(named => named.Layer.Adapters.Values).Sum(adapter => adapter.Length);
        return new ParameterCount(weights + adapters, trainable);
    }

    /// <summary>Every linear layer with its dotted path.</summary>
    public IReadOnlyList<(string Path, Linear Linear)> NamedLinears() =>
        [.. _layers.Where(named => named.Layer is Linear).Select(named => (named.Path, (Linear)named.Layer))];

    /// <summary>Copies of the weights of every layer.</summary>
    public IReadOnlyDictionary<string, Tensor> StateDict()
    {
        RefuseMerged("copy the original weights");
        return NamedWeights().ToDictionary(named => named.Name, named => named.Weight.ToTensor());
    }

    /// <summary>Replaces the weights of every layer.</summary>
    /// <param name="state">Values by name.</param>
    public void LoadStateDict(IReadOnlyDictionary<string, Tensor> state)
    {
        ArgumentNullException.ThrowIfNull(state);
        RefuseMerged("load weights");
        var weights = NamedWeights().ToDictionary(named => named.Name, named => named.Weight);
        Dictionary<LayerWeight, Layer> layers = _layers.SelectMany(named => named.Layer.Weights, (named, weight) => (weight, named.Layer)).ToDictionary();
        var faults = new List<string>();
        faults.AddRange(weights.Keys.Where(name => !state.ContainsKey(name)).Select(name => $"missing: {name} {weights[name].Shape}"));
        foreach ((string name, Tensor? value) in state)
        {
            if (!weights.TryGetValue(name, out LayerWeight? weight))
            {
                faults.Add($"unknown: {name} {Shown(value)}");
            }
            else if (value is null || weight.Shape != value.FullShape)
            {
                faults.Add($"shape: {name} is {weight.Shape} in the model, {Shown(value)} in the state");
            }
        }

        if (faults.Count > 0)
        {
            throw new ArgumentException($"The state does not fit the model; nothing was loaded. {string.Join("; ", faults)}.", nameof(state));
        }

        foreach ((string name, LayerWeight weight) in weights)
        {
            layers[weight].Set(weight, state[name].Span);
        }
    }

    private static string Shown(Tensor? value) => value?.FullShape.ToString() ?? "null";

    private IEnumerable<(string Name, LayerWeight Weight)> NamedWeights() =>
        _layers.SelectMany(named => named.Layer.Weights.Select(weight => ($"{named.Path}.{weight.Name}", weight)));
}
