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
        foreach (Parameter b in random.TrainableParameters.Where(parameter => parameter.Name.EndsWith("lora_B", StringComparison.Ordinal)))
        {
            float bound = (float)(1 / Math.Sqrt(b.Shape[0]));
            new LoraRandom(LoraRandom.Hash(1, b.Name)).FillUniform(b.Span, -bound, bound);
        }

        Curve[] curves = [lesson.Adapt("B zero", zero), lesson.Adapt("A and B random", random)];
        var table = new Table().AddColumns("held-out loss", "at the start", $"after {lesson.Steps} steps");
        table.AddRow("pretrained, no adapter", $"{lesson.PretrainedLoss:F3}", "");
        foreach (Curve curve in curves)
        {
            table.AddRow(curve.Name, $"{curve.First:F3}", $"{curve.Last:F3}");
        }

        AnsiConsole.Write(table);
        Picture.Curves(Path.Combine(folder, "why-zero.svg"), "step", "held-out loss", curves);
    }
}
