using Spectre.Console;

namespace Lora.Benchmarks;

/// <summary>The results as a table for people.</summary>
internal static class ReportTable
{
    private const int FileWidth = 180;

    public static void Write(IReadOnlyList<RowResult> results)
    {
        var table = new Table().Border(TableBorder.Minimal);
        table.AddColumn(RowText.Columns[0]);
        foreach (string column in RowText.Columns.Skip(1))
        {
            table.AddColumn(new TableColumn(column).RightAligned());
        }

        table.AddColumn("");
        foreach (RowResult result in results)
        {
            RowText row = RowText.Of(result);
            string colour = result.Void is not null ? "yellow" : result.Met ? "green" : "red";
            table.AddRow([.. row.Cells.Select(Markup.Escape), $"[{colour}]{Markup.Escape(row.Verdict)}[/]"]);
        }

        if (!AnsiConsole.Profile.Out.IsTerminal)
        {
            AnsiConsole.Profile.Width = FileWidth;
        }

        AnsiConsole.Write(table);
    }
}
