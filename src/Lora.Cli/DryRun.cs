using System.Globalization;
using Lora.Models;

namespace Lora.Cli;

/// <summary>What a training will take: memory by the shapes of its steps, and time by its first two. Nothing is written.</summary>
internal static class DryRun
{
    public static void Show(Terminal terminal, Trainer trainer)
    {
        MemoryTable.Show(terminal, ("a step", trainer.MemoryOfSteps()));

        // The first step takes its memory from the system; the second is as those that follow.
        List<TrainingStep> steps = [];
        using var enough = new CancellationTokenSource();
        trainer.Run(
            step =>
            {
                steps.Add(step);
                if (steps.Count == 2)
                {
                    enough.Cancel();
                }
            },
            enough.Token);
        if (steps is [.., var last])
        {
            var time = TimeSpan.FromMilliseconds(last.Milliseconds * (trainer.TotalSteps - (last.Number - steps.Count)));
            terminal.Line(string.Create(
                CultureInfo.InvariantCulture,
                $"time: {last.Milliseconds:N1} ms a step, {1000 * last.Tokens / last.Milliseconds:N0} tokens/s, {TrainingDisplay.Duration(time)} for {trainer.TotalSteps - (last.Number - steps.Count):N0} steps"));
        }

        terminal.Line("Nothing was written.");
    }
}
