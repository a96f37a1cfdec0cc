using System.CommandLine;

namespace Lora.Benchmarks;

/// <summary><c>rows</c>: every row count from 1 to 64, whose edges no tile divides, with weights that come from memory.</summary>
internal static class RowsCommand
{
    private const int Width = 768;
    private const int Most = 64;
    private const double LeastShare = 0.70;

    public static Command Create()
    {
        var transposed = new Option<bool>("--transposed") { Description = "The product g·W instead of x·Wᵀ." };
        var threads = new Option<int>("--threads") { Description = "The threads.", DefaultValueFactory = _ => 1 };
        var quick = new Option<bool>("--quick") { Description = "Few repeats: for a first impression." };
        var output = new Option<FileInfo>("--out") { Description = "Where the pictures go, without extension.", DefaultValueFactory = _ => new FileInfo("rows") };
        var command = new Command("rows", $"Frozen products of 1 to {Most} rows, K = N = {Width}; exit code 0 where each reaches {LeastShare:P0} of its bound.") { transposed, threads, quick, output };
        command.SetAction(given => Run(
            given.GetValue(transposed), given.GetValue(threads), given.GetValue(quick) ? Repeats.Quick : Repeats.Sweep, given.GetRequiredValue(output)));
        return command;
    }

    private static int Run(bool transposed, int threads, Repeats repeats, FileInfo output)
    {
        LoraThreads.Count = threads;
        Limits limits = Limits.Measure([threads])[0];
        Cycle<PackedMatrix> weights = FrozenProduct.Weights(Width, Width);
        double[] seconds = new double[Most];
        for (int count = 1; count <= Most; count++)
        {
            using var work = new FrozenProduct(weights, count, transposed);
            seconds[count - 1] = Interleaved.Minimum([work], repeats)[0];
        }

        limits = limits.Best(Limits.Measure([threads])[0]);
        double[] counts = [.. Enumerable.Range(1, Most)];
        double[] shares = [.. counts.Select((count, i) => limits.Bound(2 * count * Width * Width, (double)sizeof(float) * Width * Width) / seconds[i])];
        for (int i = 0; i < Most; i++)
        {
            Console.WriteLine($"  M {counts[i],2}  {1000 * seconds[i]:F4} ms  {shares[i]:P0}{(shares[i] < LeastShare ? "  below" : shares[i] > Targets.LargestShare ? "  a measuring error" : "")}");
        }

        string title = transposed ? $"g·W, M×{Width}→{Width}" : $"x·Wᵀ, M×{Width}→{Width}";
        SweepPlot.Save(output.FullName, [SweepPlot.Curve(title, "M", "share of the bound", counts, shares)]);
        int met = shares.Count(share => share is >= LeastShare and <= Targets.LargestShare);
        Console.WriteLine($"{Most} rows, {met} met");
        return met == Most ? 0 : 1;
    }
}
