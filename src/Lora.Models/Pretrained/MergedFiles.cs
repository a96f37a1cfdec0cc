using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Lora.Models;

/// <summary>The files of a model's folder beside its weights.</summary>
internal static class MergedFiles
{
    private const string ConfigName = "config.json";

    public static void Write(ILoraModel model, string source, string directory, SafetensorsType? type)
    {
        foreach (string file in Directory.EnumerateFiles(source).Where(file => IsKept(Path.GetFileName(file))))
        {
            File.Copy(file, Path.Combine(directory, Path.GetFileName(file)));
        }

        if (model is ISequenceClassifier || type is not null)
        {
            WriteConfig(model, Path.Combine(source, ConfigName), Path.Combine(directory, ConfigName), type);
        }
    }

    // Settings, vocabularies and licences; no weights in whatever format, no other adapter, and no page that describes the source.
    private static bool IsKept(string name) => Path.GetExtension(name) switch
    {
        ".json" => !name.EndsWith(".index.json", StringComparison.Ordinal) && !name.StartsWith("adapter_", StringComparison.Ordinal),
        ".txt" or ".model" or ".jinja" => true,
        ".bin" => name.StartsWith("tok", StringComparison.Ordinal),
        _ => name.StartsWith("LICENSE", StringComparison.OrdinalIgnoreCase) || name.StartsWith("NOTICE", StringComparison.OrdinalIgnoreCase),
    };

    private static void WriteConfig(ILoraModel model, string source, string path, SafetensorsType? type)
    {
        JsonObject config = JsonNode.Parse(File.ReadAllBytes(source))!.AsObject();
        if (type is { } written)
        {
            config[config.ContainsKey("dtype") ? "dtype" : "torch_dtype"] = written == SafetensorsType.Float32 ? "float32" : "bfloat16";
        }

        if (model is ISequenceClassifier classifier)
        {
            config["architectures"] = new JsonArray(model.GetType().Name);
            config["problem_type"] = "single_label_classification";
            config.Remove("num_labels");
            config["id2label"] = new JsonObject(classifier.Labels.Select((label, i) => KeyValuePair.Create(i.ToString(CultureInfo.InvariantCulture), (JsonNode?)label)));
            config["label2id"] = new JsonObject(classifier.Labels.Select((label, i) => KeyValuePair.Create(label, (JsonNode?)i)));
        }

        using FileStream stream = File.Create(path);
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
        config.WriteTo(json);
    }
}
