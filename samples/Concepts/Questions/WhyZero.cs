using Lora;
using Spectre.Console;

namespace Concepts.Questions;

/// <summary>Why does B start at zero?</summary>
internal static class WhyZero
{
    public static void Answer(Lesson lesson, string folder)
    {
        var options = new LoraOptions { Rank = 8, Alpha = 16, TargetModules = Lesson.AllLinears };
        LetterModel zero = lesson.NewModel(options);
        LetterModel random = lesson.NewModel(options);
        var draw = new LoraRandom(1);
        foreach (Parameter b in random.TrainableParameters.Where(parameter => parameter.Name.EndsWith("lora_B", StringComparison.Ordinal)))
        {
            float bound = (float)(1 / Math.Sqrt(b.Shape[0]));
            draw.FillUniform(b.Span, -bound, bound);
        }

        double[] home = [lesson.HomeLossOf(zero), lesson.HomeLossOf(random)];
        Curve[] curves = [lesson.Adapt("B zero", zero), lesson.Adapt("A and B random", random)];
        var table = new Table().AddColumns("held-out loss", "own language", "other", $"other after {lesson.Steps} steps");
        table.AddRow("no adapter", $"{lesson.HomeLoss:F3}", $"{lesson.PretrainedLoss:F3}", "");
        for (int i = 0; i < curves.Length; i++)
        {
            table.AddRow(curves[i].Name, $"{home[i]:F3}", $"{curves[i].First:F3}", $"{curves[i].Last:F3}");
        }

        AnsiConsole.Write(table);
        Picture.Bars(
            Path.Combine(folder, "why-zero.svg"), "loss on its own language, before any step",
            [("no adapter", lesson.HomeLoss), .. curves.Select((curve, i) => (curve.Name, home[i]))]);
    }
}
