using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Lora.Models;

namespace Lora.Cli;

/// <summary>The adapter that a training starts from, held to what the command line says of it.</summary>
internal static class InitialAdapter
{
    public static void Load(ICausalLanguageModel model, string modelFolder, string directory, ParseResult parsed, AdapterOptions options)
    {
        IReadOnlyList<string> adapted = PeftAdapter.Load(model, directory);
        List<string> others = [];
        using JsonDocument config = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(directory, "adapter_config.json")));
        Compare(options.Rank, "r", parsed.GetValue(options.Rank));
        Compare(options.Alpha, "lora_alpha", parsed.GetValue(options.Alpha) ?? 0);
        Compare(options.Dropout, "lora_dropout", parsed.GetValue(options.Dropout));
        Compare(options.RsLora, "use_rslora", parsed.GetValue(options.RsLora) ? 1 : 0);
        Compare(options.Dora, "use_dora", parsed.GetValue(options.Dora) ? 1 : 0);
        if (parsed.IsGiven(options.Targets))
        {
            ILoraModel empty = PretrainedModel.WithoutWeights(modelFolder);
            using IDisposable scope = Layer.WithoutWeights();
            if (!empty.ApplyLora(options.Read(parsed, empty) with { Rank = 1 }).ToHashSet().SetEquals(adapted))
            {
                others.Add($"it adapts other layers than {options.Targets.Name} says");
            }
        }

        if (others.Count > 0)
        {
            throw new ArgumentException($"The adapter in '{directory}' is not as the command line says: {string.Join("; ", others)}. With --init these options may be left out.");
        }

        void Compare(Option option, string key, float value)
        {
            if (!parsed.IsGiven(option))
            {
                return;
            }

            float there = config.RootElement.TryGetProperty(key, out JsonElement found) ? found.ValueKind switch
            {
                JsonValueKind.Number => found.GetSingle(),
                JsonValueKind.True => 1,
                _ => 0,
            } : 0;
            if (there != value)
            {
                others.Add(string.Create(CultureInfo.InvariantCulture, $"{key} is {(found.ValueKind == JsonValueKind.Undefined ? "not there" : found.GetRawText())}, and {option.Name} {value}"));
            }
        }
    }
}
