using System.Text.Json;

namespace Lora.Models;

/// <summary>How far a training had come: a PEFT folder with two files more, the optimiser's state and this.</summary>
/// <param name="Step">The steps that were done.</param>
/// <param name="TrainingCalls">The training calls that were made, which dropout's masks depend on.</param>
/// <param name="Settings">What the training depends on, by name.</param>
internal sealed record TrainingCheckpoint(int Step, int TrainingCalls, IReadOnlyDictionary<string, string> Settings)
{
    private const string StateName = "trainer_state.json";
    private const string OptimizerName = "optimizer.safetensors";

    /// <summary>Reads how far it had come.</summary>
    /// <exception cref="FileNotFoundException">The folder is no checkpoint.</exception>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public static TrainingCheckpoint Read(string directory)
    {
        string path = Path.Combine(directory, StateName);
        if (!File.Exists(path))
        {
            throw new FileNotFoundException($"'{directory}' is no checkpoint of a training: it has no {StateName}.", path);
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
            JsonElement root = document.RootElement;
            return new TrainingCheckpoint(
                root.GetProperty("step").GetInt32(),
                root.GetProperty("training_calls").GetInt32(),
                root.GetProperty("settings").EnumerateObject().ToDictionary(setting => setting.Name, setting => setting.Value.GetString() ?? ""));
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException or KeyNotFoundException or FormatException or ArgumentException)
        {
            throw new InvalidDataException($"'{path}' is damaged: {fault.Message}", fault);
        }
    }

    public void RefuseOther(IReadOnlyDictionary<string, string> settings, string directory)
    {
        string[] others = [.. settings.Keys.Union(Settings.Keys).Order(StringComparer.Ordinal)
            .Where(name => settings.GetValueOrDefault(name) != Settings.GetValueOrDefault(name))
            .Select(name => name == "Rows" ? "the rows are others" : $"{name} was {Settings.GetValueOrDefault(name, "not there")} and is {settings.GetValueOrDefault(name, "not there")}")];
        if (others.Length > 0)
        {
            throw new ArgumentException($"The training of '{directory}' cannot go on as it was: {string.Join("; ", others)}.");
        }
    }

    public void LoadInto(Optimizer optimizer, string directory)
    {
        using SafetensorsFile file = SafetensorsFile.Open(Path.Combine(directory, OptimizerName));
        (string Name, Tensor Value)[] state = [.. optimizer.State];
        string[] faults =
        [
            .. state.Where(part => !file.Entries.TryGetValue(part.Name, out SafetensorsEntry? entry) || entry.Length != part.Value.Length).Select(part => part.Name),
            .. file.Entries.Keys.Except(state.Select(part => part.Name)),
        ];
        if (faults.Length > 0)
        {
            throw new InvalidDataException($"'{file.Path}' does not fit the adapter beside it: {string.Join(", ", faults)}.");
        }

        foreach ((string name, Tensor value) in state)
        {
            file.ReadInto(name, value.Span);
        }

        optimizer.StepCount = Step;
    }

    public void Write(ICausalLanguageModel model, Optimizer optimizer, string directory, Action<string>? addFiles)
    {
        string target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));
        string temporary = $"{target}.{Guid.NewGuid():N}.tmp";
        try
        {
            PeftAdapter.Save(model, temporary);
            SafetensorsFile.Write(Path.Combine(temporary, OptimizerName), optimizer.State);
            File.WriteAllBytes(Path.Combine(temporary, StateName), ToJson());
            addFiles?.Invoke(temporary);
            if (Directory.Exists(target))
            {
                Directory.Delete(target, recursive: true);
            }

            Directory.Move(temporary, target);
        }
        catch
        {
            if (Directory.Exists(temporary))
            {
                Directory.Delete(temporary, recursive: true);
            }

            throw;
        }
    }

    private byte[] ToJson()
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteNumber("step", Step);
            json.WriteNumber("training_calls", TrainingCalls);
            json.WriteStartObject("settings");
            foreach ((string name, string value) in Settings)
            {
                json.WriteString(name, value);
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        return stream.ToArray();
    }
}
