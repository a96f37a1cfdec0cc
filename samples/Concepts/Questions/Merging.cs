using Lora;
using Spectre.Console;

namespace Concepts.Questions;

/// <summary>What does merging save?</summary>
internal static class Merging
{
    public const int Width = 1024;
    public const int Rank = 16;

    public static void Answer(Lesson lesson, string folder)
    {
        var table = new Table().AddColumns($"Linear {Width} → {Width}", "plain", $"LoRA, rank {Rank}", "merged", $"bottleneck of {Rank}");
        var bars = new List<(string Name, double Value)>();
        foreach (int rows in (int[])[1, 128])
        {
            Tensor x = Tensor.RandomNormal(1, rows, Width);
            var plain = new Linear(Width, Width);
            var adapted = new WithLora();
            var merged = new WithLora();
            merged.Fill();
            merged.MergeAdapters();
            var followed = new WithBottleneck();
            double[] times = Stopwatches.Medians(
                lesson.Measurements, () => plain.Forward(x), () => adapted.Forward(x), () => merged.Forward(x), () => followed.Forward(x));
            table.AddRow([$"{rows} rows, µs", .. times.Select(time => $"{time:F0}")]);
            table.AddRow(["", .. times.Select(time => $"{time / times[0]:F2}×")]);
            string[] names = ["plain", "LoRA", "merged", "bottleneck"];
            bars.AddRange(times.Select((time, i) => ($"{names[i]}\n{rows} row{(rows == 1 ? "" : "s")}", time / times[0])));
        }

        AnsiConsole.Write(table);
        Picture.Bars(Path.Combine(folder, "merging.svg"), "time over the plain layer's", bars);
    }
}

internal sealed partial class WithLora
{
    [Lora(Rank = Merging.Rank, Alpha = 2 * Merging.Rank)] private readonly Linear _proj = new(Merging.Width, Merging.Width);

    [Differentiable]
    public Tensor Forward(Tensor x) => _proj.Forward(x);

    public void Fill() => Tensor.RandomNormal(2, Merging.Rank, Merging.Width).Span.CopyTo(Proj.B.Span);
}

internal sealed partial class WithBottleneck
{
    private readonly Linear _proj = new(Merging.Width, Merging.Width);
    private readonly Bottleneck _bottleneck = new(Merging.Width, Merging.Rank);

    [Differentiable]
    public Tensor Forward(Tensor x) => _bottleneck.Forward(_proj.Forward(x));
}
