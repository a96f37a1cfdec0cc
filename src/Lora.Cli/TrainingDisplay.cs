using System.Globalization;
using Lora.Models;
using Spectre.Console;

namespace Lora.Cli;

/// <summary>Shows a training: a bar on a terminal, some plain lines elsewhere.</summary>
internal sealed class TrainingDisplay
{
    private const int PlainLines = 20;
    private const double Keep = 0.9;

    private readonly int _total;
    private double _meanLoss;
    private double _meanMilliseconds;
    private double _meanTokens;
    private double _weight;

    private TrainingDisplay(int total) => _total = total;

    /// <summary>Runs a training that shows each step.</summary>
    /// <param name="terminal">Where.</param>
    /// <param name="trainer">What is trained.</param>
    /// <param name="train">The training, which is given what shows a step, with the held-out loss where it was measured.</param>
    public static bool Run(Terminal terminal, Trainer trainer, Func<Action<TrainingStep, double?>, bool> train)
    {
        var display = new TrainingDisplay(trainer.TotalSteps);
        int begin = trainer.StepsDone;
        if (!terminal.Ansi.Profile.Capabilities.Interactive)
        {
            int every = Math.Max(1, (trainer.TotalSteps - begin) / PlainLines);
            return train((step, heldOut) =>
            {
                display.Take(step);
                if ((step.Number - begin) % every == 0 || step.Number == trainer.TotalSteps || heldOut is not null)
                {
                    string measured = heldOut is { } loss ? string.Create(CultureInfo.InvariantCulture, $"  held-out loss {loss:F4}") : "";
                    terminal.Line($"step {step.Number,6}/{trainer.TotalSteps}  {display.Text(step)}{measured}");
                }
            });
        }

        return terminal.Ansi.Progress()
            .Columns(new ProgressBarColumn(), new PercentageColumn(), new TaskDescriptionColumn { Alignment = Justify.Left })
            .Start(context =>
            {
                ProgressTask task = context.AddTask($"{begin}/{trainer.TotalSteps}", maxValue: trainer.TotalSteps);
                task.Value = begin;
                string measured = "";
                return train((step, heldOut) =>
                {
                    display.Take(step);
                    measured = heldOut is { } loss ? string.Create(CultureInfo.InvariantCulture, $"  held-out {loss:F3}") : measured;
                    task.Description = $"{step.Number}/{trainer.TotalSteps}  {display.Text(step)}{measured}";
                    task.Value = step.Number;
                });
            });
    }

    // The figures of one step are noisy: running means are shown.
    private void Take(TrainingStep step)
    {
        _weight = (Keep * _weight) + (1 - Keep);
        _meanLoss = (Keep * _meanLoss) + ((1 - Keep) * step.Loss);
        _meanMilliseconds = (Keep * _meanMilliseconds) + ((1 - Keep) * step.Milliseconds);
        _meanTokens = (Keep * _meanTokens) + ((1 - Keep) * step.Tokens);
    }

    private string Text(TrainingStep step)
    {
        double perSecond = 1000 * _meanTokens / Math.Max(_meanMilliseconds, 1e-9);
        double left = (_total - step.Number) * _meanMilliseconds / _weight;
        return string.Create(
            CultureInfo.InvariantCulture, $"loss {_meanLoss / _weight:F4}  lr {step.LearningRate:0.###e+0}  {perSecond:N0} tokens/s  {Duration(left)} left");
    }

    /// <summary>Minutes and seconds, with hours before them where there are any.</summary>
    internal static string Duration(double milliseconds)
    {
        double seconds = Math.Floor(milliseconds / 1000);
        double minutes = Math.Floor(seconds / 60);
        double hours = Math.Floor(minutes / 60);
        return hours > 0
            ? string.Create(CultureInfo.InvariantCulture, $"{hours:N0}:{minutes % 60:00}:{seconds % 60:00}")
            : string.Create(CultureInfo.InvariantCulture, $"{minutes:0}:{seconds % 60:00}");
    }
}
