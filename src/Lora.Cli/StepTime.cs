using System.Globalization;
using Lora.Models;

namespace Lora.Cli;

/// <summary>The time that a training will take, by its first two steps.</summary>
internal static class StepTime
{
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static string Measure(Trainer trainer, CancellationToken cancellation)
    {
        // The first step takes its memory from the system; the second is as those that follow.
        int left = trainer.TotalSteps - trainer.StepsDone;
        List<TrainingStep> steps = [];
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
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
        cancellation.ThrowIfCancellationRequested();
        return steps is [.., var last]
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"{last.Milliseconds:N1} ms a step, {1000 * last.Tokens / last.Milliseconds:N0} tokens/s, {TrainingDisplay.Duration(last.Milliseconds * left)} for {left:N0} steps")
            : "none, since every step is done";
    }
}
