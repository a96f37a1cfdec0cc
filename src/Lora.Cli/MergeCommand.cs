using System.CommandLine;
using Lora.Models;

namespace Lora.Cli;

/// <summary><c>lora merge</c>: writes a model with an adapter folded into its weights.</summary>
internal static class MergeCommand
{
    public static Command New(Terminal terminal)
    {
        var model = new Option<string>("--model") { HelpName = "DIR", Description = "Folder of a model in Hugging Face's layout.", Required = true };
        var adapter = new Option<string>("--adapter") { HelpName = "DIR", Description = "Folder of an adapter in PEFT's format.", Required = true };
        var output = new Option<string>("--out") { HelpName = "DIR", Description = "Folder that gets the merged model: weights, config.json and tokenizer. It does not exist yet, or is empty.", Required = true };
        Option<string> type = new Option<string>("--type") { HelpName = "TYPE", Description = "Type of the weights: float32 or bfloat16; by default that of each in the model's folder." }.OneOf("float32", "bfloat16");
        var command = new Command("merge", "Folds an adapter into its model's weights, and writes a model that needs no adapter.") { model, adapter, output, type };
        command.SetAction(parsed =>
        {
            string source = parsed.GetRequiredValue(model);
            string target = parsed.GetRequiredValue(output);
            if (!Directory.Exists(source))
            {
                throw LoadedModel.NoFolder(source);
            }

            ILoraModel loaded = PretrainedModel.Load(source);
            PeftAdapter.Load(loaded, parsed.GetRequiredValue(adapter));
            MergedModel.Save(
                loaded, source, target, type: parsed.GetValue(type) switch { "float32" => SafetensorsType.Float32, "bfloat16" => SafetensorsType.BFloat16, _ => null });
            terminal.Line($"The merged model is in '{target}'.");
            return 0;
        });
        return command;
    }
}
