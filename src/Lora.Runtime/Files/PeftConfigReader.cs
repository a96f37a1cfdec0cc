using System.Text.Json;
using System.Text.RegularExpressions;

namespace Lora;

/// <summary>Reads an <c>adapter_config.json</c>, and collects everything in it that is malformed or not supported.</summary>
internal sealed class PeftConfigReader
{
    // PEFT's values of absent keys.
    private const int DefaultRank = 8;
    private const float DefaultAlpha = 8;

    // Keys that this reader takes, or that change nothing once an adapter has been trained.
    private static readonly HashSet<string> _known = new(StringComparer.Ordinal)
    {
        "peft_type", "r", "lora_alpha", "lora_dropout", "target_modules", "exclude_modules", "layers_to_transform", "layers_pattern", "rank_pattern",
        "alpha_pattern", "use_rslora", "use_dora", "bias", "modules_to_save", "fan_in_fan_out", "init_lora_weights", "base_model_name_or_path", "task_type",
        "revision", "inference_mode", "auto_mapping", "peft_version", "eva_config",
    };

    private readonly JsonElement _root;
    private readonly List<string> _faults = [];

    private PeftConfigReader(JsonElement root) => _root = root;

    /// <summary>Reads a configuration.</summary>
    /// <exception cref="PeftAdapterException">It is malformed, or uses options that are not supported; all are listed.</exception>
    public static PeftConfig Read(string path)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                throw new PeftAdapterException(path, ["it is not a JSON object"]);
            }

            var reader = new PeftConfigReader(document.RootElement);
            PeftConfig config = reader.Read();
            return reader._faults.Count == 0 ? config : throw new PeftAdapterException(path, reader._faults);
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            throw new PeftAdapterException(path, [$"it is not valid JSON: {fault.Message}"], fault);
        }
    }

    private PeftConfig Read()
    {
        JsonElement type = Value("peft_type");
        if (!IsString(type, "LORA"))
        {
            _faults.Add($"peft_type is {Shown(type)}, where LORA alone is supported");
        }

        RefuseUnknownOptions();
        JsonElement init = Value("init_lora_weights");
        if (!LeavesBase(init))
        {
            _faults.Add($"init_lora_weights is {Shown(init)}, which is not supported: it changes the weights of the base model. Convert the adapter with PEFT's path_initial_model_for_weight_conversion");
        }

        return new PeftConfig
        {
            Settings = new LoraSettings
            {
                Rank = (int)Number("r", DefaultRank, IsRank, "a whole number of at least 1"),
                Alpha = (float)Number("lora_alpha", DefaultAlpha, IsAlpha, "a positive number"),
                Dropout = (float)Number("lora_dropout", 0, value => value.GetDouble() is >= 0 and < 1, "a number from 0 to below 1"),
                UseRsLora = Flag("use_rslora"),
                UseDora = Flag("use_dora"),
                Init = IsString(init, "gaussian") ? LoraInit.Gaussian : LoraInit.KaimingUniform,
            },
            Targets = Targets(),
            Ranks = [.. Pattern("rank_pattern", IsRank, "a whole number of at least 1").Select(pattern => (pattern.Key, pattern.Value.GetInt32()))],
            Alphas = [.. Pattern("alpha_pattern", IsAlpha, "a positive number").Select(pattern => (pattern.Key, pattern.Value.GetSingle()))],
            Bias = Bias(),
            ModulesToSave = Strings("modules_to_save") ?? [],
            Origin = new PeftOrigin(Text("base_model_name_or_path"), Text("task_type"), Flag("fan_in_fan_out")),
        };
    }

    // PEFT's variants are switched on by true, or by a list or an object that is not empty; numbers and strings only tune them, but for the text after which the
    // first activated adapters act. An option that this reader does not know and that is on would change the numbers.
    private void RefuseUnknownOptions()
    {
        foreach (JsonProperty option in _root.EnumerateObject().Where(option => !_known.Contains(option.Name)))
        {
            JsonElement value = option.Value;
            if (value.ValueKind == JsonValueKind.True
                || (value.ValueKind == JsonValueKind.Array && value.GetArrayLength() > 0)
                || (value.ValueKind == JsonValueKind.Object && value.EnumerateObject().Any())
                || (value.ValueKind == JsonValueKind.String && option.NameEquals("invocation_string")))
            {
                _faults.Add($"{option.Name} is {Shown(value)}, which is not supported");
            }
        }
    }

    private PeftTargets Targets()
    {
        JsonElement targets = Value("target_modules");
        IReadOnlyList<string> layersPattern = Value("layers_pattern").ValueKind == JsonValueKind.String
            ? [Value("layers_pattern").GetString()!]
            : Strings("layers_pattern") ?? [];
        var rules = new PeftTargets
        {
            ExcludePattern = Value("exclude_modules").ValueKind == JsonValueKind.String ? Whole("exclude_modules") : null,
            Exclude = Value("exclude_modules").ValueKind == JsonValueKind.String ? [] : Strings("exclude_modules") ?? [],
        };
        if (targets.ValueKind == JsonValueKind.String)
        {
            return targets.GetString()!.Equals("all-linear", StringComparison.OrdinalIgnoreCase)
                ? rules with { IsAllLinear = true }
                : rules with { Pattern = Whole("target_modules") };
        }

        PeftTargets list = rules with
        {
            Suffixes = Strings("target_modules", "neither a list of strings nor a string"),
            Layers = Layers(),
        };
        return layersPattern.Any(pattern => pattern.Length > 0)
            ? list with { LayersPattern = [.. layersPattern.Select(pattern => Parsed("layers_pattern", pattern, ModulePath.Layer)).OfType<Regex>()] }
            : list;
    }

    private List<int>? Layers()
    {
        JsonElement value = Value("layers_to_transform");
        JsonElement[] items = value.ValueKind switch
        {
            JsonValueKind.Null or JsonValueKind.Undefined => [],
            JsonValueKind.Array => [.. value.EnumerateArray()],
            _ => [value],
        };
        if (items.Any(item => item.ValueKind != JsonValueKind.Number || !item.TryGetInt32(out _)))
        {
            _faults.Add($"layers_to_transform is {Shown(value)}, neither a whole number nor a list of them");
            return null;
        }

        return items.Length == 0 ? null : [.. items.Select(item => item.GetInt32())];
    }

    private List<(Regex Key, JsonElement Value)> Pattern(string name, Func<JsonElement, bool> isValid, string wanted)
    {
        JsonElement value = Value(name);
        var patterns = new List<(Regex Key, JsonElement Value)>();
        if (IsAbsent(value))
        {
            return patterns;
        }

        if (value.ValueKind != JsonValueKind.Object)
        {
            _faults.Add($"{name} is {Shown(value)}, not an object");
            return patterns;
        }

        foreach (JsonProperty pattern in value.EnumerateObject())
        {
            if (pattern.Value.ValueKind != JsonValueKind.Number || !isValid(pattern.Value))
            {
                _faults.Add($"{name} has {Shown(pattern.Value)} for '{pattern.Name}', not {wanted}");
            }
            else if (Parsed(name, pattern.Name, ModulePath.Key) is { } key)
            {
                patterns.Add((key, pattern.Value));
            }
        }

        return patterns;
    }

    private LoraBias Bias()
    {
        JsonElement value = Value("bias");
        if (IsAbsent(value) || IsString(value, "none"))
        {
            return LoraBias.None;
        }

        if (IsString(value, "all") || IsString(value, "lora_only"))
        {
            return IsString(value, "all") ? LoraBias.All : LoraBias.LoraOnly;
        }

        _faults.Add($"bias is {Shown(value)}, not none, all or lora_only");
        return LoraBias.None;
    }

    private Regex? Whole(string name) => Parsed(name, Value(name).GetString()!, ModulePath.Whole);

    private Regex? Parsed(string name, string pattern, Func<string, Regex> parse)
    {
        try
        {
            return parse(pattern);
        }
        catch (ArgumentException fault)
        {
            _faults.Add($"{name} has '{pattern}', which is no regular expression: {fault.Message.TrimEnd('.')}");
            return null;
        }
    }

    private string[]? Strings(string name, string fault = "not a list of strings")
    {
        JsonElement value = Value(name);
        if (IsAbsent(value))
        {
            return null;
        }

        if (value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String && item.GetString() is not ""))
        {
            return [.. value.EnumerateArray().Select(item => item.GetString()!)];
        }

        _faults.Add($"{name} is {Shown(value)}, {fault}");
        return null;
    }

    private double Number(string name, double absent, Func<JsonElement, bool> isValid, string wanted)
    {
        JsonElement value = Value(name);
        if (value.ValueKind == JsonValueKind.Undefined)
        {
            return absent;
        }

        if (value.ValueKind == JsonValueKind.Number && isValid(value))
        {
            return value.GetDouble();
        }

        _faults.Add($"{name} is {Shown(value)}, not {wanted}");
        return absent;
    }

    private bool Flag(string name)
    {
        JsonElement value = Value(name);
        if (!IsAbsent(value) && value.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
        {
            _faults.Add($"{name} is {Shown(value)}, not true or false");
        }

        return value.ValueKind == JsonValueKind.True;
    }

    private string? Text(string name)
    {
        JsonElement value = Value(name);
        if (!IsAbsent(value) && value.ValueKind != JsonValueKind.String)
        {
            _faults.Add($"{name} is {Shown(value)}, not a string");
        }

        return value.ValueKind == JsonValueKind.String ? value.GetString() : null;
    }

    private JsonElement Value(string name) => _root.TryGetProperty(name, out JsonElement value) ? value : default;

    private static bool IsRank(JsonElement value) => value.TryGetInt32(out int rank) && rank >= 1;

    private static bool IsAlpha(JsonElement value) => value.TryGetSingle(out float alpha) && float.IsFinite(alpha) && alpha > 0;

    private static bool IsAbsent(JsonElement value) => value.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined;

    private static bool IsString(JsonElement value, string text) => value.ValueKind == JsonValueKind.String && value.ValueEquals(text);

    // Ways of drawing A and B; others (PiSSA, OLoRA, CorDA, LoftQ…) change the base weights, and their adapters are nothing without these.
    private static bool LeavesBase(JsonElement value) => IsAbsent(value)
        || value.ValueKind is JsonValueKind.True or JsonValueKind.False
        || IsString(value, "gaussian")
        || IsString(value, "orthogonal")
        || IsString(value, "eva");

    private static string Shown(JsonElement value) => value.ValueKind == JsonValueKind.Undefined ? "absent" : value.GetRawText();
}
