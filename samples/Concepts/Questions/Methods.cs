using Lora;
using Spectre.Console;

namespace Concepts.Questions;

/// <summary>How does LoRA compare with bottleneck adapters and prefix tuning of equal size?</summary>
internal static class Methods
{
    public static void Answer(Lesson lesson, string folder)
    {
        (string Name, Func<LetterModel> New)[] methods =
        [
            ("LoRA, rank 4", () => lesson.NewModel(new LoraOptions { Rank = 4, Alpha = 16, TargetModules = Lesson.AllLinears })),
            ("bottleneck of 35", () => lesson.NewModel(bottleneck: 35)),
            ("prefix of 36", () => lesson.NewModel(prefix: 36)),
        ];
        var best = methods.Select(method => Best(lesson, method.Name, method.New)).ToArray();
        LetterModel merged = methods[0].New();
        merged.MergeAdapters();
        (int[] letters, _) = Lesson.Other.Draw(1);
        LetterModel[] models = [lesson.NewModel(), .. best.Select(each => each.Model), merged];
        double[] times = Stopwatches.Medians(lesson.Measurements, [.. models.Select(model => (Action)(() => model.Forward(letters, 1)))]);

        var table = new Table().AddColumns("method", "trainable", "best rate", "loss", $"µs, {LetterModel.Length} letters", "merged");
        table.AddRow("none", "0", "", $"{lesson.PretrainedLoss:F3}", $"{times[0]:F0}", "");
        for (int i = 0; i < best.Length; i++)
        {
            table.AddRow(
                best[i].Curve.Name, $"{best[i].Model.CountParameters().Trainable:N0}", $"{best[i].LearningRate}", $"{best[i].Curve.Last:F3}",
                $"{times[i + 1]:F0}", i == 0 ? $"{times[^1]:F0}" : "");
        }

        AnsiConsole.Write(table);
        Picture.Curves(Path.Combine(folder, "methods.svg"), "step", "held-out loss", best.Select(each => each.Curve));
    }

    private static (LetterModel Model, Curve Curve, float LearningRate) Best(Lesson lesson, string name, Func<LetterModel> create) => lesson.LearningRates
        .Select(rate =>
        {
            LetterModel model = create();
            return (Model: model, Curve: lesson.Adapt(name, model, rate), LearningRate: rate);
        })
        .MinBy(each => each.Curve.Last);
}
