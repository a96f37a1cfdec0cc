namespace Lora;

/// <summary>
/// A model's adapters in the format of Hugging Face's PEFT: <c>adapter_config.json</c> and <c>adapter_model.safetensors</c> in a folder. LoRA, rsLoRA and DoRA on
/// <see cref="Linear"/> and <see cref="Embedding"/> layers are supported, with trained biases and layers that are trained in full; whatever else would change the
/// numbers is refused by name.
/// </summary>
public static class PeftAdapter
{
    internal const string ConfigName = "adapter_config.json";
    internal const string WeightsName = "adapter_model.safetensors";
    private const string PickleName = "adapter_model.bin";

    /// <summary>
    /// Writes an adapter, and of the model itself only what is trained beside it: layers that are trained in full, and trained biases. Each file takes its place as
    /// a whole or not at all.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="directory">The folder; it is made where there is none.</param>
    /// <param name="baseModel">The name or path of the base model, which some readers ask for; null keeps what a loaded adapter said.</param>
    /// <param name="taskType">PEFT's task, such as <c>CAUSAL_LM</c>; null keeps what a loaded adapter said, or else is the model's own (<see cref="IPeftModel"/>).</param>
    /// <param name="type">The element type of the file.</param>
    /// <param name="adapter">
    /// The name of the adapter, which then goes where PEFT keeps it: into the folder itself if it is "default", else into a folder of its name in it. Null means
    /// the active adapter, whatever its name, into the folder itself.
    /// </param>
    /// <param name="fanInFanOut">
    /// Whether the base model stores its weights as [in, out], as GPT-2 does; null is what the model itself says (<see cref="IPeftModel"/>), or else keeps what a loaded
    /// adapter said.
    /// </param>
    /// <exception cref="ArgumentException">There is no adapter of that name.</exception>
    /// <exception cref="InvalidOperationException">There is no adapter, or it is merged, or PEFT's format cannot tell what the model has.</exception>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public static void Save(
        ILoraModel model,
        string directory,
        string? baseModel = null,
        string? taskType = null,
        SafetensorsType type = SafetensorsType.Float32,
        string? adapter = null,
        bool? fanInFanOut = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentException.ThrowIfNullOrEmpty(directory);
        ModelState state = ModelState.Of(model);
        state.RefuseMerged("save it");
        PeftSaving saving = PeftSaving.Of(state, adapter);
        PeftOrigin known = state.Adapters.Origins.GetValueOrDefault(saving.Name) ?? new PeftOrigin();
        var origin = new PeftOrigin(
            baseModel ?? known.BaseModel,
            taskType ?? known.TaskType ?? state.PeftModel?.TaskType,
            fanInFanOut ?? state.PeftModel?.FanInFanOut ?? known.FanInFanOut);
        string folder = adapter is null or AdaptedLayer.DefaultName ? directory : Path.Combine(directory, adapter);
        Directory.CreateDirectory(folder);
        SafetensorsFile.Write(Path.Combine(folder, WeightsName), saving.Tensors(), new Dictionary<string, string> { ["format"] = "pt" }, type);
        AtomicFile.Write(Path.Combine(folder, ConfigName), stream => saving.WriteConfig(stream, origin));
        state.Adapters.Origins[saving.Name] = origin;
    }

    /// <summary>
    /// Reads an adapter into a model and makes it the active one: afterwards exactly the layers that the file has hold an adapter of that name. Layers
    /// that were trained in full beside it are the adapter's own copies, trainable as they were there; trained biases replace the model's. Where anything is missing, left over or of another shape, all of it is
    /// listed and nothing has changed.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="directory">The folder.</param>
    /// <param name="adapter">
    /// The name that the adapter is to have; a folder of that name in <paramref name="directory"/>, where PEFT keeps it, goes before the folder itself. Null means
    /// "default" and the folder itself.
    /// </param>
    /// <returns>The paths of the adapted layers.</returns>
    /// <exception cref="PeftAdapterException">The adapter does not fit the model, or uses what is not supported.</exception>
    /// <exception cref="SafetensorsException">The weights file is malformed.</exception>
    /// <exception cref="InvalidOperationException">The model's adapters are merged.</exception>
    /// <exception cref="IOException">A file is missing or cannot be read.</exception>
    public static IReadOnlyList<string> Load(ILoraModel model, string directory, string? adapter = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentException.ThrowIfNullOrEmpty(directory);
        string name = adapter ?? AdaptedLayer.DefaultName;
        AdapterSet.CheckName(name, nameof(adapter));
        ModelState state = ModelState.Of(model);
        state.RefuseMerged("load others");
        string own = Path.Combine(directory, name);
        string folder = adapter is not null && File.Exists(Path.Combine(own, ConfigName)) ? own : directory;
        PeftConfig config = PeftConfigReader.Read(Existing(folder, ConfigName));
        using SafetensorsFile file = SafetensorsFile.Open(Existing(folder, WeightsName));
        return PeftLoading.Run(state, name, config, file);
    }

    private static string Existing(string directory, string name)
    {
        string path = Path.Combine(directory, name);
        if (File.Exists(path))
        {
            return path;
        }

        string hint = File.Exists(Path.Combine(directory, PickleName))
            ? $" {PickleName} is a pickle, which can run any code and is not read: save it again with safe_serialization=True."
            : "";
        throw new FileNotFoundException($"There is no {name} in '{directory}'.{hint}", path);
    }
}
