using System.Text.RegularExpressions;

namespace Lora;

/// <summary>
/// A model's adapters in the format of Hugging Face's PEFT: <c>adapter_config.json</c> and <c>adapter_model.safetensors</c> in a folder. Plain LoRA (and rsLoRA) on
/// <see cref="Linear"/> and <see cref="Embedding"/> layers is supported; whatever else would change the numbers is refused by name.
/// </summary>
public static class PeftAdapter
{
    private const string ConfigName = "adapter_config.json";
    private const string WeightsName = "adapter_model.safetensors";
    private const string PickleName = "adapter_model.bin";
    private const string Prefix = "base_model.model.";

    /// <summary>Writes the adapters of a model, and nothing of the model itself. Each file takes its place as a whole or not at all.</summary>
    /// <param name="model">The model.</param>
    /// <param name="directory">The folder; it is made where there is none.</param>
    /// <param name="baseModel">The name or path of the base model, which some readers ask for.</param>
    /// <param name="taskType">PEFT's task, such as <c>CAUSAL_LM</c>.</param>
    /// <param name="type">The element type of the file.</param>
    /// <exception cref="InvalidOperationException">
    /// There is no adapter, or the adapters are merged, differ in rank or scaling, or stand beside layers that are trained in full.
    /// </exception>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public static void Save(
        ILoraModel model, string directory, string? baseModel = null, string? taskType = null, SafetensorsType type = SafetensorsType.Float32)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentException.ThrowIfNullOrEmpty(directory);
        ModelState state = ModelState.Of(model);
        state.RefuseMerged("save them");
        PeftConfig config = Describe(state);
        Directory.CreateDirectory(directory);
        SafetensorsFile.Write(
            Path.Combine(directory, WeightsName),
            AdaptedLayers(state).SelectMany(Tensors),
            new Dictionary<string, string> { ["format"] = "pt" },
            type);
        AtomicFile.Write(Path.Combine(directory, ConfigName), stream => config.Write(stream, baseModel, taskType));
    }

    /// <summary>
    /// Reads adapters into a model: afterwards exactly the layers that the file has are adapted. Where anything is missing, left over or of another shape,
    /// all of it is listed and nothing has changed.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="directory">The folder.</param>
    /// <returns>The paths of the adapted layers.</returns>
    /// <exception cref="PeftAdapterException">The adapter does not fit the model, or uses what is not supported.</exception>
    /// <exception cref="SafetensorsException">The weights file is malformed.</exception>
    /// <exception cref="InvalidOperationException">The model's adapters are merged.</exception>
    /// <exception cref="IOException">A file is missing or cannot be read.</exception>
    public static IReadOnlyList<string> Load(ILoraModel model, string directory)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentException.ThrowIfNullOrEmpty(directory);
        ModelState state = ModelState.Of(model);
        state.RefuseMerged("load others");
        PeftConfig config = PeftConfig.Read(Existing(directory, ConfigName));
        using SafetensorsFile file = SafetensorsFile.Open(Existing(directory, WeightsName));
        List<(NamedLayer Named, LoraAdapter Adapter)> loaded;
        try
        {
            loaded = Read(state, config, file);
        }
        catch (RegexMatchTimeoutException fault)
        {
            throw new PeftAdapterException(Path.Combine(directory, ConfigName), ["target_modules is a pattern that takes too long to match"], fault);
        }

        var adapted = loaded.Select(pair => pair.Named.Layer).ToHashSet();
        foreach (NamedLayer named in AdaptedLayers(state))
        {
            if (!adapted.Contains(named.Layer))
            {
                ((AdaptedLayer)named.Layer).Detach();
            }
        }

        foreach ((NamedLayer named, LoraAdapter adapter) in loaded)
        {
            ((AdaptedLayer)named.Layer).Attach(adapter, named.Path);
        }

        return [.. loaded.Select(pair => pair.Named.Path)];
    }

    private static List<(NamedLayer Named, LoraAdapter Adapter)> Read(ModelState state, PeftConfig config, SafetensorsFile file)
    {
        var loaded = new List<(NamedLayer Named, LoraAdapter Adapter)>();
        var faults = new List<string>();
        var known = new HashSet<string>(StringComparer.Ordinal);
        foreach (NamedLayer named in Candidates(state))
        {
            (string nameA, string nameB) = Names(named);
            bool isTarget = config.Targets.Match(named.Path);
            bool isThere = file.Entries.ContainsKey(nameA) || file.Entries.ContainsKey(nameB);
            if (!isTarget || (!isThere && !config.Targets.IsExact))
            {
                continue;
            }

            known.Add(nameA);
            known.Add(nameB);
            if (ReadOne(named, config.Settings, file, nameA, nameB, faults) is { } adapter)
            {
                loaded.Add((named, adapter));
            }
        }

        faults.AddRange(file.Entries.Values
            .Where(entry => !known.Contains(entry.Name))
            .Select(entry => $"extra: {entry}, which no layer of the model takes"));
        if (faults.Count == 0 && loaded.Count == 0)
        {
            faults.Add("the adapter has no layer");
        }

        return faults.Count == 0 ? loaded : throw new PeftAdapterException(file.Path, faults);
    }

    private static LoraAdapter? ReadOne(
        NamedLayer named, LoraSettings settings, SafetensorsFile file, string nameA, string nameB, List<string> faults)
    {
        int before = faults.Count;
        LoraAdapter adapter;
        try
        {
            adapter = ((AdaptedLayer)named.Layer).NewUndrawnAdapter(settings);
        }
        catch (ArgumentException fault)
        {
            faults.Add($"{named.Path}: {fault.Message.TrimEnd('.')}");
            return null;
        }

        foreach ((string name, Parameter parameter) in new[] { (nameA, adapter.A), (nameB, adapter.B) })
        {
            // PEFT's factors are the transposes of the textbook's.
            long[] wanted = [parameter.Shape[1], parameter.Shape[0]];
            if (!file.Entries.TryGetValue(name, out SafetensorsEntry? entry))
            {
                faults.Add($"missing: {name} [{string.Join(", ", wanted)}]");
            }
            else if (!entry.Shape.SequenceEqual(wanted))
            {
                faults.Add($"shape: {name} is [{string.Join(", ", entry.Shape)}], where the model takes [{string.Join(", ", wanted)}]");
            }
            else if (entry.DataType is not ("F32" or "F16" or "BF16" or "F64"))
            {
                faults.Add($"type: {name} is {entry.DataType}, which is no float type");
            }
            else
            {
                Transpose(file.Read(name), parameter.Value);
            }
        }

        return faults.Count == before ? adapter : null;
    }

    private static PeftConfig Describe(ModelState state)
    {
        NamedLayer[] adapted = [.. AdaptedLayers(state)];
        if (adapted.Length == 0)
        {
            throw new InvalidOperationException("The model has no adapter to save: mark layers with [Lora] or call ApplyLora first.");
        }

        string[] trained = [.. state.Layers.Where(named => !named.Layer.IsFrozen).Select(named => named.Path)];
        if (trained.Length > 0)
        {
            throw new InvalidOperationException(
                $"Layers are trained in full ({string.Join(", ", trained)}); a plain adapter would lose them. Freeze them, and save their weights apart.");
        }

        LoraSettings settings = AdapterOf(adapted[0]).Settings;
        NamedLayer? other = adapted.FirstOrDefault(
            named => AdapterOf(named) is var adapter && (adapter.Rank != settings.Rank || adapter.Scaling != settings.Scaling));
        if (other is not null)
        {
            throw new InvalidOperationException(
                $"The adapters of '{adapted[0].Path}' and '{other.Path}' differ in rank or scaling; a plain PEFT adapter has one of each.");
        }

        string[] others = [.. Candidates(state).Except(adapted).Select(named => named.Path)];
        return new PeftConfig(settings, PeftTargets.For([.. adapted.Select(named => named.Path)], others));
    }

    private static IEnumerable<(string Name, Tensor Value)> Tensors(NamedLayer named)
    {
        (string nameA, string nameB) = Names(named);
        LoraAdapter adapter = AdapterOf(named);
        yield return (nameA, Transposed(adapter.A.Value));
        yield return (nameB, Transposed(adapter.B.Value));
    }

    private static (string A, string B) Names(NamedLayer named) => named.Layer is Embedding
        ? ($"{Prefix}{named.Path}.lora_embedding_A", $"{Prefix}{named.Path}.lora_embedding_B")
        : ($"{Prefix}{named.Path}.lora_A.weight", $"{Prefix}{named.Path}.lora_B.weight");

    private static IEnumerable<NamedLayer> Candidates(ModelState state) => state.Layers.Where(named => named.Layer is AdaptedLayer);

    private static IEnumerable<NamedLayer> AdaptedLayers(ModelState state) =>
        state.Layers.Where(named => named.Layer is AdaptedLayer { Adapter: not null });

    private static LoraAdapter AdapterOf(NamedLayer named) => ((AdaptedLayer)named.Layer).Adapter!;

    private static Tensor Transposed(Tensor matrix)
    {
        Tensor result = Tensor.Uninitialized(new TensorShape(matrix.Shape[1], matrix.Shape[0]));
        Transpose(matrix, result);
        return result;
    }

    private static unsafe void Transpose(Tensor from, Tensor to)
    {
        fixed (float* source = from.Span, target = to.Span)
        {
            Transposition.Run(source, from.Shape[1], from.Shape[0], from.Shape[1], target, from.Shape[0], add: false);
        }
    }

    private static string Existing(string directory, string name)
    {
        string path = Path.Combine(directory, name);
        if (File.Exists(path))
        {
            return path;
        }

        string hint = File.Exists(Path.Combine(directory, PickleName))
            ? $" {PickleName} is a pickle, which is not read: save it again with safe_serialization=True."
            : "";
        throw new FileNotFoundException($"There is no {name} in '{directory}'.{hint}", path);
    }
}
