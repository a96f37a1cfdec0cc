using System.Text.Json.Nodes;

namespace Lora.Tests.Files;

/// <summary>A folder with an adapter as PEFT writes it.</summary>
internal static class PeftFolder
{
    public const string ConfigName = "adapter_config.json";
    public const string WeightsName = "adapter_model.safetensors";

    /// <summary>Writes a configuration, completed with the kind of the adapter and its targets, and tensors.</summary>
    public static void WriteAdapter(this TemporaryFolder folder, string config, string? targets, params (string Name, Tensor Value)[] tensors)
    {
        JsonNode node = JsonNode.Parse(config)!;
        node["peft_type"] = "LORA";
        if (targets is not null)
        {
            node["target_modules"] = JsonNode.Parse(targets);
        }

        File.WriteAllText(folder[ConfigName], node.ToJsonString());
        SafetensorsFile.Write(folder[WeightsName], tensors);
    }
}
