using System.Buffers;
using System.Text.Json;

namespace Lora.Models;

/// <summary>The steps of a training as JSON lines, each of which is in the file when the next step begins.</summary>
/// <example><code>{"step":1,"loss":5.173710823059082,"grad_norm":3.0312438766057075,"lr":0.1,"tokens":128,"ms":12.5}</code></example>
public sealed class TrainingLog : IDisposable
{
    private readonly FileStream _file;
    private readonly ArrayBufferWriter<byte> _line = new();

    /// <summary>Opens a log for writing.</summary>
    /// <param name="path">The file. Its folder is made where there is none.</param>
    /// <param name="stepsDone">How many steps of what is there are kept, for a training that goes on; 0 begins anew.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public TrainingLog(string path, int stepsDone = 0)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { Length: > 0 } folder)
        {
            Directory.CreateDirectory(folder);
        }

        string[] kept = stepsDone > 0 && File.Exists(path) ? [.. File.ReadLines(path).TakeWhile(line => StepOf(line) is { } step && step <= stepsDone)] : [];
        _file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read);
        foreach (string line in kept)
        {
            _file.Write(System.Text.Encoding.UTF8.GetBytes(line + "\n"));
        }

        _file.Flush();
    }

    /// <summary>Writes a step.</summary>
    /// <param name="step">The step.</param>
    /// <param name="heldOut">The loss on other rows after the step, or null where it was not measured.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Write(TrainingStep step, double? heldOut = null)
    {
        _line.Clear();
        using (var json = new Utf8JsonWriter(_line))
        {
            json.WriteStartObject();
            json.WriteNumber("step", step.Number);
            json.WriteNumber("loss", step.Loss);
            json.WriteNumber("grad_norm", step.GradientNorm);
            json.WriteNumber("lr", step.LearningRate);
            json.WriteNumber("tokens", step.Tokens);
            json.WriteNumber("ms", Math.Round(step.Milliseconds, 3));
            if (heldOut is { } loss)
            {
                json.WriteNumber("eval_loss", loss);
            }

            json.WriteEndObject();
        }

        _line.Write("\n"u8);
        _file.Write(_line.WrittenSpan);
        _file.Flush();
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _file.Dispose();

    // Null for what is no step, such as a line that was cut off.
    private static int? StepOf(string line)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            return document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("step", out JsonElement step) && step.TryGetInt32(out int number)
                ? number
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
