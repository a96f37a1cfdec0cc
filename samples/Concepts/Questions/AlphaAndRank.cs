using Lora;
using Spectre.Console;

namespace Concepts.Questions;

/// <summary>What do alpha / r and alpha / √r do as the rank grows?</summary>
internal static class AlphaAndRank
{
    public static void Answer(Lesson lesson, string folder)
    {
        int[] ranks = [1, 4, 16, 64];
        var table = new Table().AddColumns("rank", "trainable", "alpha / r", "loss", "alpha / √r", "loss");
        Curve[] losses = [new("alpha / r", []), new("alpha / √r (rsLoRA)", [])];
        var points = losses.Select(_ => new List<(double Step, double Loss)>()).ToArray();
        foreach (int rank in ranks)
        {
            var options = new LoraOptions { Rank = rank, Alpha = 16, TargetModules = Lesson.AllLinears };
            LetterModel plain = lesson.NewModel(options);
            LetterModel stable = lesson.NewModel(options with { UseRsLora = true });
            points[0].Add((rank, lesson.Adapt("", plain).Last));
            points[1].Add((rank, lesson.Adapt("", stable).Last));
            table.AddRow(
                $"{rank}", $"{plain.CountParameters().Trainable:N0}",
                $"{16.0 / rank:0.##}", $"{points[0][^1].Loss:F3}",
                $"{16 / Math.Sqrt(rank):0.##}", $"{points[1][^1].Loss:F3}");
        }

        AnsiConsole.Write(table);
        Picture.Curves(
            Path.Combine(folder, "alpha-and-rank.svg"), "rank", $"held-out loss after {lesson.Steps} steps",
            losses.Select((curve, i) => curve with { Points = points[i] }), isLogarithmic: true);
    }
}
