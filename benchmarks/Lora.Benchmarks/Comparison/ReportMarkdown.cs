using System.Text;

namespace Lora.Benchmarks;

/// <summary>The results as a table in a document, in place of the one that is there between two marks.</summary>
internal static class ReportMarkdown
{
    private const string Begin = "<!-- compare: begin -->";
    private const string End = "<!-- compare: end -->";

    /// <exception cref="InvalidDataException">The document has no marks.</exception>
    public static void Replace(string path, Report report)
    {
        string document = File.ReadAllText(path);
        int begin = document.IndexOf(Begin, StringComparison.Ordinal);
        int end = document.IndexOf(End, StringComparison.Ordinal);
        if (begin < 0 || end < begin)
        {
            throw new InvalidDataException($"'{path}' has no lines '{Begin}' and '{End}' for the table to go between.");
        }

        File.WriteAllText(path, document[..(begin + Begin.Length)] + "\n\n" + Text(report) + "\n" + document[end..]);
    }

    private static string Text(Report report)
    {
        var text = new StringBuilder();
        text.Append($"{report.Machine}.\n\n");
        text.Append("| | FMA peak, start / end | reads, start / end |\n|---|---|---|\n");
        foreach ((Limits start, Limits end) in report.AtStart.Zip(report.AtEnd))
        {
            text.Append($"| {Threads(start.Threads)} | {start.FlopsPerSecond / 1e9:F0} / {end.FlopsPerSecond / 1e9:F0} GFLOPS | {start.BytesPerSecond / 1e9:F1} / {end.BytesPerSecond / 1e9:F1} GB/s |\n");
        }

        if (report.PeerMissing is { } missing)
        {
            text.Append($"\nWithout TorchSharp: {missing}.\n");
        }

        text.Append("\n| work | threads | ours | TorchSharp | ratio | bound | share | beside | target | |\n|---|---|---|---|---|---|---|---|---|---|\n");
        foreach (RowResult row in report.Rows)
        {
            RowText cells = RowText.Of(row);
            text.Append($"| {string.Join(" | ", cells.Cells)} | {cells.Verdict} |\n");
        }

        return text.Append($"\n{report.Rows.Count} rows, {report.Rows.Count(row => row.Met)} met; {report.MeasuredAgain} missed a target at first and were measured again.\n").ToString();
    }

    private static string Threads(int threads) => threads == 1 ? "1 thread" : $"{threads} threads";
}
