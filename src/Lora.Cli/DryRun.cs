using System.Globalization;
using Lora.Models;
using Spectre.Console;

namespace Lora.Cli;

/// <summary>What a training will take, from its first two steps. Nothing is written.</summary>
internal static class DryRun
{
    public static void Show(Terminal terminal, ICausalLanguageModel model, Trainer trainer)
    {
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

        // The first step of a shape takes its memory; the second is as those that follow.
        ModelMemory memory = trainer.Memory;
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumn("memory").AddColumn(new TableColumn("MiB").RightAligned());
        foreach ((string name, long bytes) in (ReadOnlySpan<(string, long)>)[
            ("weights", memory.Weights), ("adapters", memory.Adapters), ("gradients", memory.Gradients), ("optimizer", memory.OptimizerStates),
            ("activations", memory.Activations), ("together", memory.Total)])
        {
            table.AddRow(name, (bytes / (1024.0 * 1024.0)).ToString("N2", CultureInfo.InvariantCulture));
        }

        terminal.Ansi.Write(table);
        if (steps is [.., var last])
        {
            var time = TimeSpan.FromMilliseconds(last.Milliseconds * trainer.TotalSteps);
            terminal.Line(string.Create(
                CultureInfo.InvariantCulture,
                $"time: {last.Milliseconds:N1} ms a step, {1000 * last.Tokens / last.Milliseconds:N0} tokens/s, {TrainingDisplay.Duration(time)} for {trainer.TotalSteps:N0} steps"));
        }

        terminal.Line("Nothing was written.");
    }
}
