using System.Globalization;
using System.Text;
using System.Text.Json;
using Spectre.Console;

namespace Lora.Cli;

/// <summary>What a folder with an adapter in PEFT's format holds.</summary>
internal sealed class AdapterReport
{
    private const string Prefix = "base_model.model.";

    private readonly JsonElement _config;
    private readonly IReadOnlyList<SafetensorsEntry> _tensors;

    private AdapterReport(JsonElement config, IReadOnlyList<SafetensorsEntry> tensors)
    {
        _config = config;
        _tensors = tensors;
    }

    private long Parameters => _tensors.Sum(tensor => tensor.Length);

    public static AdapterReport Of(string directory)
    {
        string config = Path.Combine(directory, "adapter_config.json");
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(config));
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                throw new InvalidDataException($"'{config}' is not a JSON object.");
            }

            string weights = Path.Combine(directory, "adapter_model.safetensors");
            if (!File.Exists(weights))
            {
                throw new FileNotFoundException($"There is no adapter_model.safetensors in '{directory}'. An adapter_model.bin is a pickle, which can run any code and is not read.", weights);
            }

            using SafetensorsFile file = SafetensorsFile.Open(weights);
            return new AdapterReport(document.RootElement.Clone(), [.. file.Entries.Values]);
        }
        catch (JsonException fault)
        {
            throw new InvalidDataException($"'{config}' is not valid JSON: {fault.Message}", fault);
        }
    }

    public void Show(Terminal terminal, bool asJson)
    {
        Table table = LayerTable.New(["tensor", "type", "shape", "count", "parameters"], texts: 2);
        foreach (IGrouping<(string, string, string), SafetensorsEntry> same in _tensors.GroupBy(tensor => (LayerTable.PatternOf(Short(tensor.Name)), tensor.DataType, $"[{string.Join(", ", tensor.Shape)}]")))
        {
            (string name, string type, string shape) = same.Key;
            table.AddRow(Markup.Escape(name), type, Markup.Escape(shape), LayerTable.Text(same.Count()), LayerTable.Text(same.Sum(tensor => tensor.Length)));
        }

        terminal.Ansi.Write(table);
        foreach (string key in (ReadOnlySpan<string>)["base_model_name_or_path", "peft_type", "r", "lora_alpha", "target_modules", "rank_pattern", "alpha_pattern", "use_rslora", "use_dora", "lora_dropout", "bias", "modules_to_save"])
        {
            if (_config.TryGetProperty(key, out JsonElement value) && IsSaid(value))
            {
                terminal.Line($"{key}: {Shown(value)}");
            }
        }

        terminal.Line(string.Create(CultureInfo.InvariantCulture, $"adapter: {Parameters:N0} parameters in {_tensors.Count:N0} tensors"));
        if (asJson)
        {
            terminal.Line(ToJson());
        }
    }

    private static string Short(string name) => name.StartsWith(Prefix, StringComparison.Ordinal) ? name[Prefix.Length..] : name;

    private static bool IsSaid(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.False => false,
        JsonValueKind.Object => value.EnumerateObject().Any(),
        JsonValueKind.Array => value.GetArrayLength() > 0,
        _ => true,
    };

    private static string Shown(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Array => string.Join(", ", value.EnumerateArray().Select(item => item.ToString())),
        _ => value.GetRawText().ReplaceLineEndings(" "),
    };

    private string ToJson()
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteNumber("parameters", Parameters);
            json.WriteNumber("tensors", _tensors.Count);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
