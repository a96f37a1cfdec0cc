using Spectre.Console;

namespace Lora.Benchmarks;

/// <summary>The results as a table for people.</summary>
internal static class ReportTable
{
    private const int FileWidth = 160;

    public static void Write(IReadOnlyList<RowResult> results)
    {
        var table = new Table().Border(TableBorder.Minimal);
        table.AddColumn("work");
        foreach (string column in (ReadOnlySpan<string>)["threads", "ours", "TorchSharp", "ratio", "bound", "share", "target"])
        {
            table.AddColumn(new TableColumn(column).RightAligned());
        }

        table.AddColumn("");
        foreach (RowResult result in results)
        {
            table.AddRow(
                Markup.Escape(result.Work),
                $"{result.Threads}",
                Milliseconds(result.Ours),
                Milliseconds(result.Peer),
                result.Ratio is { } ratio ? $"{ratio:F2}×" : "–",
                Milliseconds(result.Bound),
                result.Share is { } share ? $"{share:P0}" : "–",
                Markup.Escape(string.Join(", ", result.Criteria.Where(criterion => !double.IsNaN(criterion.Target)).Select(Text))),
                result.Void is { } reason ? $"[yellow]void: {Markup.Escape(reason)}[/]" : result.Met ? "[green]met[/]" : "[red]not met[/]");
        }

        if (!AnsiConsole.Profile.Out.IsTerminal)
        {
            AnsiConsole.Profile.Width = FileWidth;
        }

        AnsiConsole.Write(table);
    }

    private static string Text(Criterion criterion) => criterion.Name switch
    {
        "share of the bound" => $"≥ {criterion.Target:P0}",
        "TorchSharp's time over ours" => $"≥ {criterion.Target:G3}×",
        _ => $"{criterion.Value:G4}: {criterion.Name} ≤ {criterion.Target:G4}",
    };

    private static string Milliseconds(double? time) => time switch
    {
        null => "–",
        >= 100 => $"{time:F0} ms",
        >= 10 => $"{time:F1} ms",
        >= 1 => $"{time:F2} ms",
        _ => $"{time:F3} ms",
    };
}
