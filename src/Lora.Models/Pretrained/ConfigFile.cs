using System.Globalization;
using System.Text.Json;

namespace Lora.Models;

/// <summary>A <c>config.json</c>: settings by name, with errors that say which file and setting is at fault. Null is the same as absent.</summary>
internal sealed class ConfigFile
{
    private readonly JsonElement _root;

    private ConfigFile(JsonElement root, string source)
    {
        _root = root;
        Source = source;
        ModelType = Text("model_type");
    }

    /// <summary>What errors call the file.</summary>
    public string Source { get; }

    /// <summary>The family of models, such as <c>llama</c>.</summary>
    public string? ModelType { get; }

    /// <summary>The classes of Hugging Face's library that the weights belong to, such as <c>LlamaForCausalLM</c>.</summary>
    public IReadOnlyList<string> Architectures => Find("architectures") switch
    {
        null => [],
        { ValueKind: JsonValueKind.Array } names when names.EnumerateArray().All(name => name.ValueKind == JsonValueKind.String) =>
            [.. names.EnumerateArray().Select(name => name.GetString()!)],
        { } other => throw Wrong("architectures", other, "a list of names"),
    };

    /// <summary>Reads the file, or that of a folder.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public static ConfigFile Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string file = Directory.Exists(path) ? Path.Combine(path, "config.json") : path;
        return File.Exists(file)
            ? Parse(File.ReadAllBytes(file), file)
            : throw new FileNotFoundException($"There is no '{file}'. A model's folder holds config.json and its weights in safetensors files.", file);
    }

    public static ConfigFile Parse(ReadOnlySpan<byte> utf8Json, string source)
    {
        try
        {
            var reader = new Utf8JsonReader(utf8Json);
            JsonElement root = JsonElement.ParseValue(ref reader);
            return root.ValueKind == JsonValueKind.Object && reader.BytesConsumed == utf8Json.TrimEnd(" \t\r\n"u8).Length
                ? new ConfigFile(root, source)
                : throw new InvalidDataException($"'{source}' is not a config.json: it is not one JSON object.");
        }
        catch (JsonException fault)
        {
            throw new InvalidDataException($"'{source}' is not a config.json: {fault.Message}", fault);
        }
    }

    public JsonElement? Find(string name) =>
        _root.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <summary>Whether the file says anything about a setting, null included.</summary>
    public bool Names(string name) => _root.TryGetProperty(name, out _);

    /// <summary>A setting of at least 1 that must be there.</summary>
    public int Size(string name) => OptionalSize(name) ?? throw new InvalidDataException($"'{Source}' lacks {name}.");

    /// <summary>A setting of at least 1, or null.</summary>
    public int? OptionalSize(string name) => Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Number } number when number.TryGetInt32(out int value) =>
            value >= 1 ? value : throw new InvalidDataException($"'{Source}': {name} is {value}; it must be at least 1."),
        { } other => throw Wrong(name, other, "a whole number"),
    };

    public double? Number(string name) => NumberOf(name, Find(name));

    public bool Flag(string name, bool absent = false) => Find(name) switch
    {
        null => absent,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        { } other => throw Wrong(name, other, "true or false"),
    };

    public string? Text(string name) => Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } text => text.GetString(),
        { } other => throw Wrong(name, other, "a string"),
    };

    /// <summary>One token id, several, or none.</summary>
    public int[] TokenIds(string name) => Find(name) switch
    {
        null => [],
        { ValueKind: JsonValueKind.Number } one when one.TryGetInt32(out int id) => [id],
        { ValueKind: JsonValueKind.Array } many when many.EnumerateArray().All(item => item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out _)) =>
            [.. many.EnumerateArray().Select(item => item.GetInt32())],
        { } other => throw Wrong(name, other, "a token id or a list of them"),
    };

    /// <summary>The tokens that end a text: those of <c>generation_config.json</c> beside the file, where it says so, as Hugging Face's library has it.</summary>
    public int[] EndTokenIds()
    {
        const string Name = "eos_token_id";
        string beside = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(Source))!, "generation_config.json");
        return File.Exists(beside) && Parse(File.ReadAllBytes(beside), beside).TokenIds(Name) is { Length: > 0 } ids ? ids : TokenIds(Name);
    }

    /// <summary>A positive, or not negative, finite number.</summary>
    public float Positive(string name, double absent, bool orZero = false)
    {
        double value = Number(name) ?? absent;
        return double.IsFinite(value) && (value > 0 || (orZero && value == 0))
            ? (float)value
            : throw new InvalidDataException(
                $"'{Source}': {name} is {value.ToString(CultureInfo.InvariantCulture)}; it must be finite and {(orZero ? "not negative" : "positive")}.");
    }

    /// <summary>A number inside an object, whose name errors give too.</summary>
    public double NumberIn(string name, JsonElement parent, string child) =>
        NumberOf($"{name}.{child}", parent.TryGetProperty(child, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null)
            ?? throw new InvalidDataException($"'{Source}': {name} lacks {child}.");

    /// <summary>Refuses a setting whose value is not what the model does.</summary>
    public void Require(string name, bool isSupported, string supported)
    {
        if (!isSupported)
        {
            throw Unsupported(name, Find(name)?.GetRawText() ?? "absent", supported);
        }
    }

    public NotSupportedException Unsupported(string name, string value, string supported) =>
        new($"'{Source}': {name} is {value}; only {supported} is supported.");

    private InvalidDataException Wrong(string name, JsonElement value, string wanted) =>
        new($"'{Source}': {name} is {value.GetRawText()}; it must be {wanted}.");

    private double? NumberOf(string name, JsonElement? element) => element switch
    {
        null => null,
        { ValueKind: JsonValueKind.Number } number => number.GetDouble(),
        { } other => throw Wrong(name, other, "a number"),
    };
}
