using System.Globalization;
using System.Text.Json;
using Spectre.Console;

namespace Lora.Cli;

/// <summary>The memory of a training step by what it is for: a table, and the same as JSON.</summary>
internal static class MemoryTable
{
    public const double GiB = 1024 * MiB;

    private const double MiB = 1024 * 1024;
    private const double LeastInGiB = 10 * GiB;

    /// <summary>Writes a table with one column for each training.</summary>
    public static void Show(Terminal terminal, params ReadOnlySpan<(string Name, ModelMemory Memory)> trainings)
    {
        long most = 0;
        foreach ((_, ModelMemory memory) in trainings)
        {
            most = Math.Max(most, memory.Total);
        }

        (double unit, string name) = most >= LeastInGiB ? (GiB, "GiB") : (MiB, "MiB");
        string[] columns = new string[1 + trainings.Length];
        columns[0] = "memory";
        for (int i = 0; i < trainings.Length; i++)
        {
            columns[i + 1] = $"{trainings[i].Name}, {name}";
        }

        Table table = LayerTable.New(columns, texts: 1);
        foreach ((string part, Func<ModelMemory, long> bytes) in _parts)
        {
            string[] row = new string[columns.Length];
            row[0] = part;
            for (int i = 0; i < trainings.Length; i++)
            {
                row[i + 1] = (bytes(trainings[i].Memory) / unit).ToString("N2", CultureInfo.InvariantCulture);
            }

            table.AddRow(row);
        }

        terminal.Ansi.Write(table);
    }

    /// <summary>Writes an object with the bytes of each part.</summary>
    public static void WriteJson(Utf8JsonWriter json, string property, ModelMemory memory)
    {
        json.WriteStartObject(property);
        foreach ((string part, Func<ModelMemory, long> bytes) in _parts)
        {
            json.WriteNumber(part, bytes(memory));
        }

        json.WriteEndObject();
    }

    private static readonly (string Part, Func<ModelMemory, long> Bytes)[] _parts =
    [
        ("weights", memory => memory.Weights),
        ("adapters", memory => memory.Adapters),
        ("gradients", memory => memory.Gradients),
        ("optimizer", memory => memory.OptimizerStates),
        ("activations", memory => memory.Activations),
        ("scratch", memory => memory.Scratch),
        ("total", memory => memory.Total),
    ];
}
