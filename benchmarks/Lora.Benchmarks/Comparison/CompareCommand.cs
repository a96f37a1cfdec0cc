using System.CommandLine;

namespace Lora.Benchmarks;

/// <summary><c>compare</c>: the table of targets, against TorchSharp and against the machine's own bounds.</summary>
internal static class CompareCommand
{
    // How often a timed row that misses its targets is measured again, at most.
    private const int MostMore = 2;

    private static readonly int[] _threadCounts = [1, 2];

    public static Command Create()
    {
        var rows = new Option<string[]>("--rows")
        {
            Description = "Only rows whose text holds each of these, such as 'layer step' or '512×768' (x is read as ×).",
            AllowMultipleArgumentsPerToken = true,
        };
        var threads = new Option<int[]>("--threads") { Description = "The thread counts.", DefaultValueFactory = _ => _threadCounts, AllowMultipleArgumentsPerToken = true };
        var quick = new Option<bool>("--quick") { Description = "Few repeats: for a first impression." };
        var alone = new Option<bool>("--alone") { Description = "Leaves TorchSharp out." };
        var json = new Option<FileInfo>("--json") { Description = "Writes the results to a file too." };
        var markdown = new Option<FileInfo>("--markdown") { Description = "Puts the table into a document, between its marks." };
        var command = new Command("compare", "Compares with TorchSharp and with the machine's bounds; exit code 0 where every target is met.") { rows, threads, quick, alone, json, markdown };
        command.SetAction(given => Run(
            given.GetValue(rows) ?? [], given.GetRequiredValue(threads), given.GetValue(quick), given.GetValue(alone), given.GetValue(json), given.GetValue(markdown)));
        return command;
    }

    private static int Run(string[] texts, int[] threadCounts, bool quick, bool alone, FileInfo? json, FileInfo? markdown)
    {
        string? missing = alone ? "left out by --alone" : LibTorch.TryLoad();
        if (missing is not null)
        {
            Console.WriteLine($"Without TorchSharp: {missing}");
        }

        string machine = MachineDescription.Text;
        Console.WriteLine(machine);
        Limits[] atStart = Limits.Measure(threadCounts);
        Write("at the start", atStart);
        var measured = new List<(Row Row, int At)>();
        Setting[] settings = [.. threadCounts.Select(threads => new Setting(threads, quick ? Repeats.Quick : Repeats.Thorough, missing is null))];
        for (int at = 0; at < threadCounts.Length; at++)
        {
            Row[] rows = [.. AllRows.All.Where(row => (at == 0 || row.DependsOnThreads) && texts.All(text => Matches(row, text)))];
            Measure(rows, settings[at]);
            measured.AddRange(rows.Select(row => (row, at)));
        }

        if (measured.Count == 0)
        {
            Console.Error.WriteLine($"No row has the text {string.Join(" and ", texts)}.");
            return 2;
        }

        Limits[] limits = Best(atStart, Limits.Measure(threadCounts));
        int again = MeasureAgain(measured, settings, limits);
        Limits[] atEnd = Limits.Measure(threadCounts);
        Write("at the end", atEnd);
        limits = Best(limits, atEnd);
        RowResult[] results = [.. measured.Select(one => one.Row.Judge(limits[one.At]))];
        ReportTable.Write(results);
        var report = new Report(machine, missing, atStart, atEnd, again, results);
        if (json is not null)
        {
            report.Save(json.FullName);
        }

        if (markdown is not null)
        {
            ReportMarkdown.Replace(markdown.FullName, report);
        }

        int met = results.Count(result => result.Met);
        Console.WriteLine($"{again} missed a target at first and were measured again.");
        Console.WriteLine($"{results.Length} rows, {met} met");
        return met == results.Length ? 0 : 1;
    }

    private static bool Matches(Row row, string text) =>
        row.Work.Contains(text.Replace('x', '×'), StringComparison.OrdinalIgnoreCase) || row.Work.Contains(text, StringComparison.OrdinalIgnoreCase);

    private static Limits[] Best(Limits[] some, Limits[] others) => [.. some.Zip(others, (one, other) => one.Best(other))];

    // What disturbs a machine lasts for seconds, and so for all turns of a row: one that has missed its targets has its turns again later, on both sides.
    private static int MeasureAgain(List<(Row Row, int At)> measured, Setting[] settings, Limits[] limits)
    {
        var again = new HashSet<(Row Row, int At)>();
        for (int more = 0; more < MostMore; more++)
        {
            (Row Row, int At)[] missed = [.. measured.Where(one => one.Row.IsTimed && !one.Row.Judge(limits[one.At]).Met)];
            again.UnionWith(missed);
            for (int at = 0; at < settings.Length; at++)
            {
                Measure([.. missed.Where(one => one.At == at).Select(one => one.Row)], settings[at]);
            }
        }

        return again.Count;
    }

    private static void Measure(Row[] rows, Setting setting)
    {
        LoraThreads.Count = setting.Threads;
        if (setting.HasPeer)
        {
            LibTorch.UseThreads(setting.Threads);
        }

        foreach (Row row in rows)
        {
            Console.Error.WriteLine($"{setting.Threads} {(setting.Threads == 1 ? "thread" : "threads")}: {row.Work}");
            row.Measure(setting);
            GC.Collect(); // The weights of a row are large, and the next one's are too.
        }
    }

    private static void Write(string when, Limits[] limits)
    {
        foreach (Limits one in limits)
        {
            Console.WriteLine($"{when}, {one.Threads} threads: FMA peak {one.FlopsPerSecond / 1e9:F0} GFLOPS, reads {one.BytesPerSecond / 1e9:F1} GB/s");
        }
    }
}
