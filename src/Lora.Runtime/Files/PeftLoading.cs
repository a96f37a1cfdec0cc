using System.Numerics.Tensors;
using System.Text.RegularExpressions;

namespace Lora;

/// <summary>Reads one adapter: first everything that the configuration asks for, with all faults, then into the model.</summary>
internal sealed class PeftLoading
{
    // The layers whose own weights PEFT writes unasked where they are adapted or the vocabulary has grown.
    private static readonly string[] _vocabularies = ["embed_tokens", "lm_head"];

    private readonly ModelState _state;
    private readonly PeftConfig _config;
    private readonly SafetensorsFile _file;
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private readonly List<string> _faults = [];
    private readonly List<(string Path, AdaptedLayer Layer, LoraAdapter Adapter)> _adapters = [];
    private readonly List<(Layer Layer, LayerWeight Weight, Tensor Value)> _weights = [];
    private readonly List<Layer> _inFull = [];
    private readonly List<Layer> _withBias = [];

    private PeftLoading(ModelState state, PeftConfig config, SafetensorsFile file)
    {
        _state = state;
        _config = config;
        _file = file;
    }

    /// <returns>The paths of the adapted layers.</returns>
    public static IReadOnlyList<string> Run(ModelState state, string name, PeftConfig config, SafetensorsFile file)
    {
        var loading = new PeftLoading(state, config, file);
        try
        {
            loading.Read(name);
        }
        catch (RegexMatchTimeoutException fault)
        {
            throw new PeftAdapterException(file.Path, ["a pattern of its configuration takes too long to match"], fault);
        }

        if (loading._faults.Count > 0)
        {
            throw new PeftAdapterException(file.Path, loading._faults);
        }

        loading.Apply(name);
        state.Adapters.Origins[name] = config.Origin;
        return [.. loading._adapters.Select(loaded => loaded.Path)];
    }

    private void Read(string name)
    {
        foreach (NamedLayer named in _state.Layers)
        {
            if (_config.IsInFull(named.Path))
            {
                ReadInFull(named.Path, named.Layer);
                continue;
            }

            bool isAdapted = named.Layer is AdaptedLayer layer && ReadAdapter(named.Path, layer);
            if (_config.Bias == LoraBias.All || (_config.Bias == LoraBias.LoraOnly && isAdapted))
            {
                ReadBias(named.Path, named.Layer, isAdapted);
            }

            ReadVocabulary(named.Path, named.Layer, isAdapted);
        }

        _faults.AddRange(_file.Entries.Values
            .Where(entry => !_known.Contains(entry.Name))
            .Select(entry => $"extra: {entry}, which no layer of the model takes"));
        if (_faults.Count == 0 && _adapters.Count == 0)
        {
            _faults.Add("the adapter has no layer");
        }

        if (_weights.FirstOrDefault(loaded => !IsCopied(loaded.Layer)) is { Layer: { } shared } && OtherTrained(name) is { } other)
        {
            _faults.Add(
                $"it has weights that all adapters share, such as those of {shared.Path}, beside which the adapter '{other}' was not trained: delete that one first, or load this one into another model");
        }
    }

    // A layer that is trained for all adapters stays one.
    private bool IsCopied(Layer layer) => _inFull.Contains(layer) && !layer.IsTrainedInPlace;

    private string? OtherTrained(string name) => _state.AdaptedLayers
        .SelectMany(named => named.Layer.Adapters)
        .Where(adapter => adapter.Key != name && adapter.Value.DrawnFrom is null)
        .Select(adapter => adapter.Key)
        .FirstOrDefault();

    private bool ReadAdapter(string path, AdaptedLayer layer)
    {
        string nameA = PeftNames.A(path, layer);
        string nameB = PeftNames.B(path, layer);
        bool isThere = _file.Entries.ContainsKey(nameA) || _file.Entries.ContainsKey(nameB);
        if (!_config.Targets.IsMeant(path, layer) || (!isThere && !_config.Targets.IsExact))
        {
            return false;
        }

        // Memory is taken for what is there, whatever rank the configuration claims.
        LoraSettings settings = _config.SettingsOf(path);
        (int inputs, int features) = layer is Linear linear ? (linear.InFeatures, linear.OutFeatures) : (((Embedding)layer).Count, ((Embedding)layer).Width);
        Tensor? a = Find(nameA, [settings.Rank, inputs]);
        Tensor? b = Find(nameB, [features, settings.Rank]);
        Tensor? magnitude = settings.UseDora ? Find(PeftNames.Magnitude(path), [features]) : null;
        if (a is null || b is null || (settings.UseDora && magnitude is null))
        {
            return true;
        }

        LoraAdapter adapter = layer.NewUndrawnAdapter(settings);
        PeftSaving.Transpose(a, adapter.A.Value);
        PeftSaving.Transpose(b, adapter.B.Value);
        magnitude?.Span.CopyTo(adapter.Magnitude!.Span);
        _adapters.Add((path, layer, adapter));
        return true;
    }

    private void ReadInFull(string path, Layer layer)
    {
        foreach (LayerWeight weight in layer.Weights)
        {
            ReadWeight(layer, weight, PeftNames.Own(path, weight.Name));
            _known.Add(PeftNames.Original(path, weight.Name));
        }

        _inFull.Add(layer);
    }

    private void ReadBias(string path, Layer layer, bool isAdapted)
    {
        if (layer.Weights.FirstOrDefault(weight => weight.Name == "bias") is { } bias)
        {
            // Versions before base_layer wrote the plain name.
            string name = PeftNames.Own(path, bias.Name);
            ReadWeight(layer, bias, isAdapted && !_file.Entries.ContainsKey(name) ? PeftNames.Base(path, bias.Name) : name);
            _withBias.Add(layer);
        }
    }

    private void ReadVocabulary(string path, Layer layer, bool isAdapted)
    {
        if (layer is Embedding || _vocabularies.Contains(path[(path.LastIndexOf('.') + 1)..]))
        {
            string name = isAdapted ? PeftNames.Base(path, "weight") : PeftNames.Own(path, "weight");
            if (_file.Entries.ContainsKey(name))
            {
                ReadWeight(layer, layer.Weights[0], name);
            }
        }
    }

    private void ReadWeight(Layer layer, LayerWeight weight, string name)
    {
        if (Find(name, weight.Shape.AsSpan()) is { } value)
        {
            _weights.Add((layer, weight, value));
        }
    }

    // A tensor that must be there, or a fault.
    private Tensor? Find(string name, ReadOnlySpan<int> shape)
    {
        _known.Add(name);
        string wanted = TensorShape.Describe(shape);
        if (!_file.Entries.TryGetValue(name, out SafetensorsEntry? entry))
        {
            _faults.Add($"missing: {name} {wanted}");
            return null;
        }

        string actual = $"[{string.Join(", ", entry.Shape)}]";
        if (actual != wanted)
        {
            _faults.Add($"shape: {name} is {actual}, where the model takes {wanted}");
            return null;
        }

        if (entry.DataType is not ("F32" or "F16" or "BF16" or "F64"))
        {
            _faults.Add($"type: {name} is {entry.DataType}, which is no float type");
            return null;
        }

        Tensor value = _file.Read(name);
        if (!TensorPrimitives.IsFiniteAll<float>(value.Span))
        {
            _faults.Add($"numbers: {name} holds some that are not finite");
        }

        return value;
    }

    private void Apply(string name)
    {
        var adapted = _adapters.Select(loaded => (Layer)loaded.Layer).ToHashSet();
        _state.ActivateAdapter(null);
        foreach ((_, Layer layer, _, _) in _state.Layers)
        {
            layer.RemoveCopy(name);
            if (layer is AdaptedLayer other && !adapted.Contains(layer))
            {
                other.Remove(name);
            }
        }

        _inFull.Where(IsCopied).ToList().ForEach(layer => layer.AddCopy(name));
        foreach ((Layer layer, LayerWeight weight, Tensor value) in _weights)
        {
            layer.Set(weight, value.Span);
        }

        _withBias.ForEach(layer => layer.TrainsBias = true);
        foreach ((string path, AdaptedLayer layer, LoraAdapter adapter) in _adapters)
        {
            layer.Attach(adapter, path, name);
        }

        _state.ActivateAdapter(name);
    }
}
