using System.CommandLine;

namespace Lora.Cli;

/// <summary><c>lora finetune</c>: trains an adapter.</summary>
internal static class FinetuneCommand
{
    public static Command New(Terminal terminal, CancellationToken cancellation)
    {
        var options = new FinetuneOptions();
        var command = new Command("finetune", "Trains an adapter of a language model on texts, and writes it in PEFT's format.");
        foreach (Option option in options.All)
        {
            command.Add(option);
        }

        command.SetAction(parsed =>
        {
            string? checkpoint = parsed.GetValue(options.Resume) is { } directory ? Checkpoints.Find(directory) : null;
            if (checkpoint is not null)
            {
                parsed = command.Parse(Checkpoints.WithArguments(checkpoint, parsed, options));
                if (parsed.Errors is [var first, ..])
                {
                    throw new InvalidDataException($"The command line in '{checkpoint}' cannot be used: {first.Message}");
                }
            }

            using var stop = new StopSignal(cancellation);
            return new FinetuneRun(terminal, options, parsed, checkpoint).Run(stop.Token);
        });
        return command;
    }
}
