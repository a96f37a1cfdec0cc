namespace Lora.Models;

/// <summary>The weights of a model by the names of its state, with one adapter folded in as they are asked for.</summary>
internal sealed class MergedWeights
{
    private readonly string _adapter;
    private readonly Dictionary<string, (Layer Layer, LayerWeight Weight)> _weights;

    private MergedWeights(ModelState state, string adapter)
    {
        _adapter = adapter;
        _weights = state.Layers
            .SelectMany(named => named.Layer.Weights.Select(weight => (Name: $"{named.Path}.{weight.Name}", named.Layer, Weight: weight)))
            .ToDictionary(named => named.Name, named => (named.Layer, named.Weight), StringComparer.Ordinal);
    }

    public IEnumerable<string> Names => _weights.Keys;

    /// <summary>Chooses the adapter.</summary>
    /// <param name="model">The model.</param>
    /// <param name="adapter">Its name, or null for the active one.</param>
    public static MergedWeights Of(ILoraModel model, string? adapter)
    {
        ModelState state = ModelState.Of(model);
        state.RefuseMerged("write it merged");
        AdapterSet adapters = state.Adapters;
        string name = adapter ?? adapters.Active ?? throw new InvalidOperationException(
            adapters.Names.Count == 0 ? "The model has no adapter to merge: load one, or call ApplyLora first." : "No adapter is active: activate one, or name the one to merge.");
        return adapters.Names.Contains(name)
            ? new MergedWeights(state, name)
            : throw new ArgumentException($"There is no adapter '{name}'. The model has: {string.Join(", ", adapters.Names)}.", nameof(adapter));
    }

    public bool Contains(string name) => _weights.ContainsKey(name);

    public TensorShape ShapeOf(string name) => _weights[name].Weight.Shape;

    /// <summary>Whether the adapter changes a weight's layer.</summary>
    public bool IsAdapted(string name) => _weights[name].Layer is AdaptedLayer layer && layer.Adapters.ContainsKey(_adapter);

    public Tensor Read(string name)
    {
        (Layer layer, LayerWeight weight) = _weights[name];
        return layer is AdaptedLayer adapted && adapted.Adapters.TryGetValue(_adapter, out LoraAdapter? adapter) ? adapted.Folded(weight, adapter) : weight.ToTensor();
    }
}
