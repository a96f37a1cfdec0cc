using System.CommandLine;

namespace Lora.Benchmarks;

/// <summary><c>sweep</c>: does the cost grow as the work does?</summary>
internal static class SweepCommand
{
    public static Command Create()
    {
        var only = new Option<string>("--only") { Description = "Only sweeps whose name holds this text, such as 'M:'.", DefaultValueFactory = _ => "" };
        var quick = new Option<bool>("--quick") { Description = "Few repeats: for a first impression." };
        var output = new Option<FileInfo>("--out") { Description = "Where the pictures go, without extension.", DefaultValueFactory = _ => new FileInfo("sweep") };
        var command = new Command("sweep", "The cost of an operation over M, K, N, r, T, layers and threads, as text, PNG and SVG; exit code 0 where nothing jumps.") { only, quick, output };
        command.SetAction(given => Run(given.GetRequiredValue(only), given.GetValue(quick) ? Repeats.Quick : Repeats.Sweep, given.GetRequiredValue(output)));
        return command;
    }

    private static int Run(string only, Repeats repeats, FileInfo output)
    {
        var plots = new List<ScottPlot.Plot>();
        int cliffs = 0;
        foreach (Sweep sweep in Sweeps.All.Where(sweep => sweep.Name.Contains(only, StringComparison.OrdinalIgnoreCase)))
        {
            Console.WriteLine(sweep.Name);
            IReadOnlyList<SweepPoint> points = sweep.Measure(repeats);
            SweepPoint[] jumps = [.. Sweep.Cliffs(points)];
            foreach (SweepPoint point in points)
            {
                Console.WriteLine(
                    $"  {sweep.Axis} {point.At,5}  {1000 * point.Seconds,9:F3} ms  {point.Cost,7:F2} ps/operation{(jumps.Contains(point) ? $"  more than {Sweep.LargestJump}× a neighbour" : "")}");
            }

            cliffs += jumps.Length;
            plots.Add(SweepPlot.Of(sweep, points));
        }

        if (plots.Count == 0)
        {
            Console.Error.WriteLine($"No sweep has the text '{only}'.");
            return 2;
        }

        SweepPlot.Save(output.FullName, plots);
        Console.WriteLine($"{output.FullName}.png, {output.FullName}.svg");
        Console.WriteLine($"{plots.Count} sweeps, {cliffs} points above {Sweep.LargestJump}× of a neighbour");
        return cliffs == 0 ? 0 : 1;
    }
}
