using System.CommandLine;
using Lora.Models;

namespace Lora.Cli;

/// <summary><c>lora inspect</c>: what a model has and what an adapter of it would train, or what an adapter has.</summary>
internal static class InspectCommand
{
    private const string AdapterConfig = "adapter_config.json";

    public static Command New(Terminal terminal)
    {
        var path = new Argument<string>("path") { HelpName = "PATH", Description = "A model's folder, its config.json alone, or an adapter's folder." };
        var adapter = new AdapterOptions();
        Option<int> batch = new Option<int>("--batch") { HelpName = "N", Description = "Rows of the step whose memory is told.", DefaultValueFactory = _ => 1 }.AtLeast(1);
        Option<int?> length = new Option<int?>("--seq") { HelpName = "N", Description = $"Tokens of each; by default {TrainingData.DefaultSequenceLength}, or the model's longest." }.AtLeast(1);
        Option<string> weights = CommonOptions.Weights();
        var json = new Option<bool>("--json") { Description = "Print the figures as an object of JSON in the last line." };
        var command = new Command("inspect", "Shows a model's layers, what an adapter of given targets would train, and the memory of a training step with it and without; or what an adapter's folder holds. Weights are not read.")
        {
            path, batch, length, weights, json,
        };
        foreach (Option option in adapter.All.Except([adapter.Dropout]))
        {
            command.Add(option);
        }

        command.SetAction(parsed =>
        {
            string given = parsed.GetRequiredValue(path);
            bool isAdapter = Path.GetFileName(given) == AdapterConfig || (Directory.Exists(given) && File.Exists(Path.Combine(given, AdapterConfig)));
            if (isAdapter)
            {
                AdapterReport.Of(Directory.Exists(given) ? given : Path.GetDirectoryName(Path.GetFullPath(given))!).Show(terminal, parsed.GetValue(json));
            }
            else
            {
                ModelReport.Of(given, model => adapter.Read(parsed, model), parsed.Format(weights), parsed.GetValue(batch), parsed.GetValue(length)).Show(terminal, parsed.GetValue(json));
            }

            return 0;
        });
        return command;
    }
}
