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

    /// <summary>A training of a tiny model on a few rows.</summary>
    private protected string[] Training(params string[] more)
    {
        string model = TinyModel.Make(PathOf("model"));
        string data = WriteRows("rows.jsonl", Enumerable.Range(0, 7).Select(row => Enumerable.Range(0, 5 + row).Select(i => (row * 31) + (i * 17) + 3)));
        return ["finetune", "--model", model, "--data", data, "--batch", "2", "--rank", "4", "--lr", "0.01", .. more];
    }

    /// <summary>All of a log but the times.</summary>
    private protected static string[] NumbersOf(string log) => [.. File.ReadLines(log).Select(line => line[..line.IndexOf("\"ms\"", StringComparison.Ordinal)])];

    private protected static JsonElement[] ReadLog(string path) => [.. File.ReadLines(path).Select(line =>
    {
        using JsonDocument document = JsonDocument.Parse(line);
        return document.RootElement.Clone();
    })];

    private protected static bool AreSameFiles(string first, string second) => File.ReadAllBytes(first).AsSpan().SequenceEqual(File.ReadAllBytes(second));
}

[CollectionDefinition(nameof(ToolTests), DisableParallelization = true)]
public sealed class ToolTestsCollection;
