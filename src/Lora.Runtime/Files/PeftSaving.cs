using System.Text.Json;
using System.Text.RegularExpressions;

namespace Lora;

/// <summary>One adapter of a model, as PEFT's format tells it.</summary>
internal sealed class PeftSaving
{
    /// <summary>The version of PEFT whose format this is.</summary>
    private const string FormatVersion = "0.20.0";

    private readonly List<(string Path, AdaptedLayer Layer, LoraAdapter Adapter)> _adapted;
    private readonly List<(string Path, Layer Layer)> _inFull;
    private readonly List<(string Path, Layer Layer)> _withBias;
    private readonly LoraSettings _settings;
    private readonly LoraBias _bias;
    private readonly IReadOnlyList<string> _modulesToSave;
    private readonly IReadOnlyList<string> _targets;
    private readonly string? _targetPattern;

    private PeftSaving(ModelState state, string name)
    {
        Name = name;
        _adapted =
        [
            .. state.AdaptedLayers.Where(named => named.Layer.Adapters.ContainsKey(name)).Select(named => (named.Path, named.Layer, named.Layer.Adapters[name])),
        ];
        _inFull = [.. state.Layers.Where(IsInFull).Select(named => (named.Path, named.Layer))];
        _withBias = [.. state.Layers.Where(named => named.Layer.TrainsBias && !IsInFull(named) && HasBias(named.Layer)).Select(named => (named.Path, named.Layer))];
        _settings = CommonSettings();
        _bias = BiasOf(state);
        HashSet<Layer> adapted = [.. _adapted.Select(named => named.Layer)];
        if (_inFull.FirstOrDefault(named => adapted.Contains(named.Layer)) is { Path: { } both })
        {
            throw new InvalidOperationException($"'{both}' has an adapter and is trained in full; PEFT's format has one or the other. Freeze it, or delete its adapter.");
        }

        _modulesToSave = [.. _inFull.Select(named => ModuleToSave(state, named.Path)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        (_targets, _targetPattern) = PeftTargets.For(
            [.. _adapted.Select(named => named.Path)], [.. state.Layers.Where(named => !adapted.Contains(named.Layer)).Select(named => named.Path)]);
    }

    /// <summary>The adapter's name.</summary>
    public string Name { get; }

    /// <summary>Collects what is to be written, and refuses what the format cannot tell.</summary>
    /// <param name="state">The model.</param>
    /// <param name="name">The adapter's name, or null for the active one.</param>
    public static PeftSaving Of(ModelState state, string? name)
    {
        IReadOnlyList<string> names = state.Adapters.Names;
        if (names.Count == 0)
        {
            throw new InvalidOperationException("The model has no adapter to save: mark layers with [Lora] or call ApplyLora first.");
        }

        if (name is not null)
        {
            return names.Contains(name) ? new PeftSaving(state, name) : throw new ArgumentException(
                $"There is no adapter '{name}'. The model has: {string.Join(", ", names)}.", nameof(name));
        }

        IReadOnlyList<string> active = state.Adapters.ActiveNames;
        return active.Count switch
        {
            1 => new PeftSaving(state, active[0]),
            0 => throw new InvalidOperationException($"No adapter is active: activate one, or name the one to save. The model has: {string.Join(", ", names)}."),
            _ => throw new InvalidOperationException($"The model's layers have different active adapters ({string.Join(", ", active)}): name the one to save."),
        };
    }

    /// <summary>The tensors of the file, in the order of the model's layers.</summary>
    public IEnumerable<(string Name, Tensor Value)> Tensors()
    {
        foreach ((string path, AdaptedLayer layer, LoraAdapter adapter) in _adapted)
        {
            yield return (PeftNames.A(path, layer), Transposed(adapter.A.Value));
            yield return (PeftNames.B(path, layer), Transposed(adapter.B.Value));
            if (adapter.Magnitude is { } magnitude)
            {
                yield return (PeftNames.Magnitude(path), magnitude.Value);
            }
        }

        foreach ((string path, Layer layer) in _inFull)
        {
            foreach ((string weight, Tensor value) in layer.WeightsOf(Name))
            {
                yield return (PeftNames.Own(path, weight), value);
            }
        }

        HashSet<Layer> adapted = [.. _adapted.Select(named => named.Layer)];
        foreach ((string path, Layer layer) in _withBias)
        {
            (string bias, Tensor value) = layer.WeightsOf(Name).Single(weight => weight.Name == "bias");
            yield return (adapted.Contains(layer) ? PeftNames.Base(path, bias) : PeftNames.Own(path, bias), value);
        }
    }

    /// <summary>Writes the configuration as PEFT does: sorted keys, and no key that older readers do not know.</summary>
    public void WriteConfig(Stream stream, PeftOrigin origin)
    {
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        WritePattern(json, "alpha_pattern", settings => settings.Alpha, _settings.Alpha, WriteNumber);
        json.WriteString("base_model_name_or_path", origin.BaseModel);
        json.WriteString("bias", _bias switch { LoraBias.All => "all", LoraBias.LoraOnly => "lora_only", _ => "none" });
        json.WriteNull("exclude_modules");
        json.WriteBoolean("fan_in_fan_out", origin.FanInFanOut);
        json.WriteBoolean("inference_mode", true);
        if (_settings.Init == LoraInit.Gaussian)
        {
            json.WriteString("init_lora_weights", "gaussian");
        }
        else
        {
            json.WriteBoolean("init_lora_weights", true);
        }

        WriteNumber(json, "lora_alpha", _settings.Alpha);
        WriteNumber(json, "lora_dropout", _settings.Dropout);
        if (_modulesToSave.Count == 0)
        {
            json.WriteNull("modules_to_save");
        }
        else
        {
            WriteStrings(json, "modules_to_save", _modulesToSave);
        }

        json.WriteString("peft_type", "LORA");
        json.WriteString("peft_version", FormatVersion);
        json.WriteNumber("r", _settings.Rank);
        WritePattern(json, "rank_pattern", settings => settings.Rank, _settings.Rank, (writer, key, rank) => writer.WriteNumber(key, rank));
        json.WriteNull("revision");
        if (_targetPattern is null)
        {
            WriteStrings(json, "target_modules", _targets);
        }
        else
        {
            json.WriteString("target_modules", _targetPattern);
        }

        json.WriteString("task_type", origin.TaskType);
        json.WriteBoolean("use_dora", _settings.UseDora);
        json.WriteBoolean("use_rslora", _settings.UseRsLora);
        json.WriteEndObject();
    }

    // The layers that the adapter has a copy of, and those that are trained for all adapters.
    private bool IsInFull(NamedLayer named) => named.Layer.HasCopy(Name) || named.Layer.IsTrainedInPlace;

    private static bool HasBias(Layer layer) => layer.Weights.Any(weight => weight.Name == "bias");

    // The rank and scaling that most layers have; the rest of the settings they must share.
    private LoraSettings CommonSettings()
    {
        LoraSettings[] all = [.. _adapted.Select(named => named.Adapter.Settings)];
        foreach ((string path, _, LoraAdapter adapter) in _adapted)
        {
            if (adapter.Settings.UseRsLora != all[0].UseRsLora || adapter.Settings.UseDora != all[0].UseDora || adapter.Settings.Dropout != all[0].Dropout)
            {
                throw new InvalidOperationException(
                    $"The adapters of '{_adapted[0].Path}' and '{path}' differ in rsLoRA, DoRA or dropout; a PEFT adapter has one of each.");
            }
        }

        return all[0] with
        {
            Rank = MostFrequent(all.Select(settings => settings.Rank)),
            Alpha = MostFrequent(all.Select(settings => settings.Alpha)),
            Init = all.All(settings => settings.Init == LoraInit.Gaussian) ? LoraInit.Gaussian : LoraInit.KaimingUniform,
        };
    }

    private static T MostFrequent<T>(IEnumerable<T> values) => values.GroupBy(value => value).MaxBy(group => group.Count())!.Key;

    private LoraBias BiasOf(ModelState state)
    {
        if (_withBias.Count == 0)
        {
            return LoraBias.None;
        }

        HashSet<Layer> trained = [.. _withBias.Select(named => named.Layer)];
        if (trained.SetEquals(_adapted.Select(named => (Layer)named.Layer).Where(HasBias)))
        {
            return LoraBias.LoraOnly;
        }

        return trained.SetEquals(state.Layers.Where(named => !IsInFull(named) && HasBias(named.Layer)).Select(named => named.Layer))
            ? LoraBias.All
            : throw new InvalidOperationException(
                $"The biases that are trained ({string.Join(", ", _withBias.Select(named => named.Path))}) are neither those of the adapter '{Name}' nor all; PEFT's format has no other choice.");
    }

    // PEFT saves every module whose name ends with the entry, whatever stands before it.
    private string ModuleToSave(ModelState state, string path)
    {
        string last = path[(path.LastIndexOf('.') + 1)..];
        string[] entries = char.IsAsciiDigit(last[0]) ? [path] : [last, path];
        foreach (string entry in entries)
        {
            var config = new PeftConfig { Settings = _settings, Targets = new PeftTargets(), ModulesToSave = [entry] };
            if (state.Layers.All(named => IsInFull(named) || !config.IsInFull(named.Path)))
            {
                return entry;
            }
        }

        throw new InvalidOperationException($"'{path}' is trained in full, and PEFT's modules_to_save would mean other layers too, whose paths end like it. Train those as well, or freeze it.");
    }

    // One key for all layers of a name where they agree, else one for each: no layer fits two keys with different values, so that their order means nothing.
    private void WritePattern<T>(Utf8JsonWriter json, string name, Func<LoraSettings, T> value, T common, Action<Utf8JsonWriter, string, T> write)
    {
        var keys = new SortedDictionary<string, T>(StringComparer.Ordinal);
        foreach ((string path, _, LoraAdapter adapter) in _adapted)
        {
            T own = value(adapter.Settings);
            if (!EqualityComparer<T>.Default.Equals(own, common))
            {
                string last = path[(path.LastIndexOf('.') + 1)..];
                bool agree = _adapted.TrueForAll(named => !ModulePath.EndsWith(named.Path, last) || EqualityComparer<T>.Default.Equals(value(named.Adapter.Settings), own));
                keys[agree ? Regex.Escape(last) : "^" + Regex.Escape(path)] = own;
            }
        }

        json.WriteStartObject(name);
        foreach ((string key, T own) in keys)
        {
            write(json, key, own);
        }

        json.WriteEndObject();
    }

    private static void WriteNumber(Utf8JsonWriter json, string name, float value)
    {
        if (value == MathF.Truncate(value) && value < int.MaxValue)
        {
            json.WriteNumber(name, (int)value);
        }
        else
        {
            json.WriteNumber(name, value);
        }
    }

    private static void WriteStrings(Utf8JsonWriter json, string name, IReadOnlyList<string> values)
    {
        json.WriteStartArray(name);
        foreach (string value in values)
        {
            json.WriteStringValue(value);
        }

        json.WriteEndArray();
    }

    /// <summary>Copies a matrix with rows and columns exchanged: PEFT's factors are the transposes of the textbook's.</summary>
    internal static unsafe void Transpose(Tensor from, Tensor to)
    {
        fixed (float* source = from.Span, target = to.Span)
        {
            Transposition.Run(source, from.Shape[1], from.Shape[0], from.Shape[1], target, from.Shape[0], add: false);
        }
    }

    private static Tensor Transposed(Tensor matrix)
    {
        Tensor result = Tensor.Uninitialized(new TensorShape(matrix.Shape[1], matrix.Shape[0]));
        Transpose(matrix, result);
        return result;
    }
}
