using System.Text.Json;

namespace Lora.Cli.Tests;

/// <summary>Tests of the tool with a folder of their own. They share the process's seed and threads, so that they run one after another.</summary>
[Collection(nameof(ToolTests))]
public abstract class ToolTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("lora-").FullName;

    public void Dispose()
    {
        Directory.Delete(_folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    private protected string PathOf(string name) => Path.Combine(_folder, name);

    private protected string Write(string name, string content)
    {
        string path = PathOf(name);
        File.WriteAllText(path, content);
        return path;
    }

    /// <summary>A file with one object of input_ids a line.</summary>
    private protected string WriteRows(string name, IEnumerable<IEnumerable<int>> rows) =>
        Write(name, string.Concat(rows.Select(row => $"{{\"input_ids\": [{string.Join(", ", row)}]}}\n")));

    private protected static JsonElement[] ReadLog(string path) => [.. File.ReadLines(path).Select(line =>
    {
        using JsonDocument document = JsonDocument.Parse(line);
        return document.RootElement.Clone();
    })];

    private protected static bool AreSameFiles(string first, string second) => File.ReadAllBytes(first).AsSpan().SequenceEqual(File.ReadAllBytes(second));
}

[CollectionDefinition(nameof(ToolTests), DisableParallelization = true)]
public sealed class ToolTestsCollection;
