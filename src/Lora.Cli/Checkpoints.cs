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
    /// <exception cref="ArgumentException">The other says something that cannot be changed.</exception>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public static string[] WithArguments(string checkpoint, ParseResult parsed, FinetuneOptions options)
    {
        Dictionary<string, string[]> saved = ReadArguments(Path.Combine(checkpoint, ArgumentsName), options);
        List<string> arguments = [];
        foreach (Option option in options.All)
        {
            if (parsed.GetResult(option) is { Implicit: false } given)
            {
                string[] values = [.. given.Tokens.Select(token => token.Value)];
                if (options.OfAdapter.Contains(option) && !(saved.TryGetValue(option.Name, out string[]? before) && before.SequenceEqual(values)))
                {
                    throw new ArgumentException($"{option.Name} cannot be changed: a training goes on with the adapter of its checkpoint.");
                }

                arguments.AddRange([option.Name, .. values]);
            }
        }

        // Each pair is one choice.
        Option[][] choices = [[options.Steps, options.Epochs]];
        foreach ((string name, string[] values) in saved)
        {
            Option[] choice = choices.FirstOrDefault(pair => pair.Any(option => option.Name == name)) ?? [options.All.Single(option => option.Name == name)];
            if (!choice.Any(parsed.IsGiven))
            {
                arguments.AddRange([name, .. values]);
            }
        }

        return [.. arguments];
    }

    private static Dictionary<string, string[]> ReadArguments(string path, FinetuneOptions options)
    {
        if (!File.Exists(path))
        {
            return [];
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
            var saved = document.RootElement.EnumerateObject().ToDictionary(option => option.Name, option => option.Value.EnumerateArray().Select(value => value.GetString()!).ToArray());
            return saved.Keys.FirstOrDefault(name => options.All.All(option => option.Name != name)) is { } unknown
                ? throw new InvalidDataException($"'{path}' is damaged: there is no option {unknown}.")
                : saved;
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException or ArgumentException)
        {
            throw new InvalidDataException($"'{path}' is damaged: {fault.Message}", fault);
        }
    }

    private static IEnumerable<(int Step, string Path)> All(string output) => !Directory.Exists(output) ? [] :
        from path in Directory.EnumerateDirectories(output, Prefix + "*")
        let name = Path.GetFileName(path)
        where int.TryParse(name[Prefix.Length..], NumberStyles.None, CultureInfo.InvariantCulture, out _)
        select (int.Parse(name[Prefix.Length..], CultureInfo.InvariantCulture), path);
}
