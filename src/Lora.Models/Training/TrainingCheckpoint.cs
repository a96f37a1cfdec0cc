using System.Security.Cryptography;
using System.Text;
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
    private const string ReplacedSuffix = ".old.tmp";
    private static readonly JsonWriterOptions _indented = new() { Indented = true };

    /// <summary>Whether a folder holds a checkpoint, or held it when a process was killed that was replacing it.</summary>
    public static bool IsIn(string directory)
    {
        string target = FullPath(directory);
        return File.Exists(Path.Combine(Directory.Exists(target) ? target : target + ReplacedSuffix, StateName));
    }

    /// <summary>Reads how far it had come.</summary>
    /// <exception cref="FileNotFoundException">The folder is no checkpoint.</exception>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public static TrainingCheckpoint Read(string directory)
    {
        string path = Path.Combine(directory, StateName);
        PutBack(FullPath(directory));
        if (!File.Exists(path))
        {
            throw new FileNotFoundException($"'{directory}' is no checkpoint of a training: it has no {StateName}.", path);
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
            JsonElement training = document.RootElement.GetProperty("training");
            if (document.RootElement.GetProperty("sha256").GetString() != HashOf(Encoding.UTF8.GetBytes(training.GetRawText())))
            {
                throw new InvalidDataException($"'{path}' is damaged: it is not what was written.");
            }

            foreach (JsonProperty file in training.GetProperty("files").EnumerateObject())
            {
                RefuseOtherFile(Path.Combine(directory, file.Name), file.Value.GetString());
            }

            return new TrainingCheckpoint(
                training.GetProperty("step").GetInt32(),
                training.GetProperty("training_calls").GetInt32(),
                training.GetProperty("settings").EnumerateObject().ToDictionary(setting => setting.Name, setting => setting.Value.GetString() ?? ""));
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException or KeyNotFoundException or FormatException or ArgumentException)
        {
            throw new InvalidDataException($"'{path}' is damaged: {fault.Message}", fault);
        }
    }

    /// <summary>Refuses what another training depends on. A model without weights is not told from others of its shapes.</summary>
    /// <exception cref="ArgumentException">Something is not as it was.</exception>
    public void RefuseOther(IReadOnlyDictionary<string, string> settings, string directory)
    {
        string[] others = [.. settings.Keys.Union(Settings.Keys).Order(StringComparer.Ordinal)
            .Where(name => name != "Model" || settings[name].Length > 0)
            .Where(name => settings.GetValueOrDefault(name) != Settings.GetValueOrDefault(name))
            .Select(name => name switch
            {
                "Rows" => "the rows are others",
                "Model" => "the model has other weights",
                _ => $"{name} was {Settings.GetValueOrDefault(name, "not there")} and is {settings.GetValueOrDefault(name, "not there")}",
            })];
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
        string target = FullPath(directory);
        string temporary = $"{target}.{Guid.NewGuid():N}.tmp";
        try
        {
            PeftAdapter.Save(model, temporary);
            SafetensorsFile.Write(Path.Combine(temporary, OptimizerName), optimizer.State);
            addFiles?.Invoke(temporary);
            byte[] training = ToJson(Directory.GetFiles(temporary));
            AtomicFile.Write(Path.Combine(temporary, StateName), stream => WriteState(stream, training));
            TakePlace(temporary, target);
        }
        catch
        {
            DeleteIfThere(temporary);
            throw;
        }
    }

    // At every moment one of the two is there, under its name or, between two moves, under that of what is replaced.
    private static void TakePlace(string temporary, string target)
    {
        string replaced = target + ReplacedSuffix;
        if (Directory.Exists(target))
        {
            DeleteIfThere(replaced);
            Directory.Move(target, replaced);
        }

        Directory.Move(temporary, target);
        DeleteIfThere(replaced);
    }

    private static string FullPath(string directory) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));

    // Gives what a killed process was replacing its name again.
    private static void PutBack(string target)
    {
        if (!Directory.Exists(target) && Directory.Exists(target + ReplacedSuffix))
        {
            Directory.Move(target + ReplacedSuffix, target);
        }
    }

    private static void DeleteIfThere(string directory)
    {
        if (Directory.Exists(directory))
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static void RefuseOtherFile(string path, string? hash)
    {
        if (!File.Exists(path))
        {
            throw new InvalidDataException($"The checkpoint is damaged: '{path}' is missing.");
        }

        if (HashOf(File.ReadAllBytes(path)) != hash)
        {
            throw new InvalidDataException($"The checkpoint is damaged: '{path}' is not what was written.");
        }
    }

    private static string HashOf(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private byte[] ToJson(IEnumerable<string> files)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, _indented))
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
            json.WriteStartObject("files");
            foreach (string file in files.Order(StringComparer.Ordinal))
            {
                json.WriteString(Path.GetFileName(file), HashOf(File.ReadAllBytes(file)));
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        return stream.ToArray();
    }

    private static void WriteState(Stream stream, byte[] training)
    {
        using var json = new Utf8JsonWriter(stream, _indented);
        json.WriteStartObject();
        json.WritePropertyName("training");
        json.WriteRawValue(training);
        json.WriteString("sha256", HashOf(training));
        json.WriteEndObject();
    }
}
