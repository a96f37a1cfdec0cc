using Lora;
using Spectre.Console;

namespace Concepts.Questions;

/// <summary>Which layers should have adapters?</summary>
internal static class Placement
{
    public static void Answer(Lesson lesson, string folder)
    {
        (string Name, int Rank, string[] Targets)[] choices =
        [
            ("q, v", 4, ["q_proj", "v_proj"]),
            ("q, v", 18, ["q_proj", "v_proj"]),
            ("feed-forward", 7, ["up", "down"]),
            ("all linears", 4, Lesson.AllLinears),
        ];
        var curves = new List<Curve>();
        var table = new Table().AddColumns("adapters on", "rank", "trainable", "held-out loss");
        foreach ((string name, int rank, string[] targets) in choices)
        {
            LetterModel model = lesson.NewModel(new LoraOptions { Rank = rank, Alpha = 4 * rank, TargetModules = targets });
            curves.Add(lesson.Adapt($"{name}, rank {rank}", model));
            table.AddRow(name, $"{rank}", $"{model.CountParameters().Trainable:N0}", $"{curves[^1].Last:F3}");
        }

        AnsiConsole.Write(table);
        Picture.Curves(Path.Combine(folder, "placement.svg"), "step", "held-out loss", curves);
    }
}
