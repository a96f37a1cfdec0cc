using Spectre.Console;

namespace TextFinetune;

/// <summary>Shows the loss of a training loop: a bar on a terminal, ten plain lines elsewhere.</summary>
internal static class LossProgress
{
    public static void Run(int steps, Func<int, float> train)
    {
        if (!AnsiConsole.Profile.Capabilities.Interactive)
        {
            Loop(steps, train, (step, loss) =>
            {
                if (step % Math.Max(1, steps / 10) == 0)
                {
                    Console.WriteLine($"step {step,5}  loss {loss:F3}");
                }
            });
            return;
        }

        AnsiConsole.Progress()
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .Start(context =>
            {
                ProgressTask task = context.AddTask("training", maxValue: steps);
                Loop(steps, train, (step, loss) =>
                {
                    task.Description = $"step {step}  loss {loss:F3}";
                    task.Increment(1);
                });
            });
    }

    // The loss of one step is noisy: its running mean is shown.
    private static void Loop(int steps, Func<int, float> train, Action<int, float> show)
    {
        float mean = 0;
        for (int step = 1; step <= steps; step++)
        {
            float loss = train(step);
            mean = step == 1 ? loss : (0.9f * mean) + (0.1f * loss);
            show(step, mean);
        }
    }
}
