using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text.Json;

namespace Lora.Cli;

/// <summary>The checkpoints of a training in its output folder, and the command line that began it.</summary>
internal static class Checkpoints
{
    private const string Prefix = "checkpoint-";
    private const string StateName = "trainer_state.json";
    private const string ArgumentsName = "arguments.json";

    public static string PathOf(string output, int step) => Path.Combine(output, Prefix + step.ToString(CultureInfo.InvariantCulture));

    /// <summary>A checkpoint, or the newest in a folder.</summary>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    public static string Find(string directory) =>
        File.Exists(Path.Combine(directory, StateName)) ? directory
        : All(directory).OrderByDescending(found => found.Step).Select(found => found.Path).FirstOrDefault()
            ?? throw new FileNotFoundException($"There is no checkpoint in '{directory}' to go on from. A training writes them with --checkpoint-every, and when it is stopped by Ctrl-C.");

    /// <summary>Deletes the checkpoints before one, and what a process left that was killed while it wrote one.</summary>
    public static void DeleteBefore(string output, int step)
    {
        foreach ((int older, string path) in All(output))
        {
            if (older < step)
            {
                Directory.Delete(path, recursive: true);
            }
        }

        foreach (string path in Directory.GetDirectories(output, Prefix + "*.tmp"))
        {
            Directory.Delete(path, recursive: true);
        }
    }

    /// <summary>Writes what the command line said into a checkpoint's folder.</summary>
    public static void WriteArguments(string directory, ParseResult parsed, FinetuneOptions options)
    {
        using FileStream stream = File.Create(Path.Combine(directory, ArgumentsName));
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        foreach (Option option in options.All.Except(options.OfOneRun))
        {
            if (parsed.GetResult(option) is { Implicit: false } given)
            {
                json.WriteStartArray(option.Name);
                foreach (Token token in given.Tokens)
                {
                    json.WriteStringValue(options.Paths.Contains(option) ? Path.GetFullPath(token.Value) : token.Value);
                }

                json.WriteEndArray();
            }
        }

        json.WriteEndObject();
    }

    /// <summary>The command line that began a training, with what another says in its place.</summary>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public static string[] WithArguments(string checkpoint, ParseResult parsed, FinetuneOptions options)
    {
        List<string> arguments = [];
        foreach (Option option in options.All)
        {
            if (parsed.GetResult(option) is { Implicit: false } given)
            {
                arguments.Add(option.Name);
                arguments.AddRange(given.Tokens.Select(token => token.Value));
            }
        }

        string path = Path.Combine(checkpoint, ArgumentsName);
        if (!File.Exists(path))
        {
            return [.. arguments];
        }

        // Each pair is one choice.
        Option[][] choices = [[options.Steps, options.Epochs]];
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
            foreach (JsonProperty saved in document.RootElement.EnumerateObject())
            {
                Option[] choice = choices.FirstOrDefault(pair => pair.Any(option => option.Name == saved.Name))
                    ?? [options.All.FirstOrDefault(option => option.Name == saved.Name) ?? throw new InvalidDataException($"'{path}' is damaged: there is no option {saved.Name}.")];
                if (!choice.Any(parsed.IsGiven))
                {
                    arguments.Add(saved.Name);
                    arguments.AddRange(saved.Value.EnumerateArray().Select(value => value.GetString()!));
                }
            }
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            throw new InvalidDataException($"'{path}' is damaged: {fault.Message}", fault);
        }

        return [.. arguments];
    }

    private static IEnumerable<(int Step, string Path)> All(string output) => !Directory.Exists(output) ? [] :
        from path in Directory.EnumerateDirectories(output, Prefix + "*")
        let name = Path.GetFileName(path)
        where int.TryParse(name[Prefix.Length..], NumberStyles.None, CultureInfo.InvariantCulture, out _)
        select (int.Parse(name[Prefix.Length..], CultureInfo.InvariantCulture), path);
}
