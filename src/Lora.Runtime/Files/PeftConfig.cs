using System.Text.Json;

namespace Lora;

/// <summary>What an <c>adapter_config.json</c> says of a plain LoRA adapter.</summary>
/// <param name="Settings">The rank and scaling.</param>
/// <param name="Targets">Which layers it means.</param>
internal sealed record PeftConfig(LoraSettings Settings, PeftTargets Targets)
{
    // PEFT's values of absent keys.
    private const int DefaultRank = 8;
    private const float DefaultAlpha = 8;

    /// <summary>The version of PEFT whose format this is.</summary>
    private const string FormatVersion = "0.20.0";

    // Options that change the numbers and are not supported, with the values that leave them off.
    private static readonly (string Name, Func<JsonElement, bool> IsOff)[] _unsupported =
    [
        ("bias", value => IsAbsent(value) || IsString(value, "none")),
        ("use_dora", IsFalse),
        ("use_qalora", IsFalse),
        ("use_bdlora", IsFalse),
        ("lora_bias", IsFalse),
        ("fan_in_fan_out", IsFalse),
        ("modules_to_save", IsEmpty),
        ("rank_pattern", IsEmpty),
        ("alpha_pattern", IsEmpty),
        ("layer_replication", IsEmpty),
        ("target_parameters", IsEmpty),
        ("trainable_token_indices", IsEmpty),
        ("alora_invocation_tokens", IsEmpty),
        ("arrow_config", IsEmpty),
        ("loftq_config", IsEmpty),
        ("init_lora_weights", LeavesBase),
    ];

    /// <summary>Reads a configuration.</summary>
    /// <exception cref="PeftAdapterException">It is malformed, or uses options that are not supported; all are listed.</exception>
    public static PeftConfig Read(string path)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
            return Read(path, document.RootElement);
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            throw new PeftAdapterException(path, [$"it is not valid JSON: {fault.Message}"], fault);
        }
    }

    /// <summary>Writes the configuration as PEFT does: sorted keys, and no key that older readers do not know.</summary>
    public void Write(Stream stream, string? baseModel, string? taskType)
    {
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteStartObject("alpha_pattern");
        json.WriteEndObject();
        json.WriteString("base_model_name_or_path", baseModel);
        json.WriteString("bias", "none");
        json.WriteNull("exclude_modules");
        json.WriteBoolean("fan_in_fan_out", false);
        json.WriteBoolean("inference_mode", true);
        json.WriteBoolean("init_lora_weights", true);
        if (Settings.Alpha == MathF.Truncate(Settings.Alpha) && Settings.Alpha < int.MaxValue)
        {
            json.WriteNumber("lora_alpha", (int)Settings.Alpha);
        }
        else
        {
            json.WriteNumber("lora_alpha", Settings.Alpha);
        }

        json.WriteNumber("lora_dropout", 0);
        json.WriteNull("modules_to_save");
        json.WriteString("peft_type", "LORA");
        json.WriteString("peft_version", FormatVersion);
        json.WriteNumber("r", Settings.Rank);
        json.WriteStartObject("rank_pattern");
        json.WriteEndObject();
        json.WriteNull("revision");
        Targets.Write(json);
        json.WriteString("task_type", taskType);
        json.WriteBoolean("use_dora", false);
        json.WriteBoolean("use_rslora", Settings.UseRsLora);
        json.WriteEndObject();
    }

    private static PeftConfig Read(string path, JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new PeftAdapterException(path, ["it is not a JSON object"]);
        }

        var faults = new List<string>();
        if (!root.TryGetProperty("peft_type", out JsonElement type) || !IsString(type, "LORA"))
        {
            faults.Add($"peft_type is {Shown(type)}, where LORA alone is supported");
        }

        foreach ((string name, Func<JsonElement, bool> isOff) in _unsupported)
        {
            if (root.TryGetProperty(name, out JsonElement value) && !isOff(value))
            {
                faults.Add($"{name} is {Shown(value)}, which is not supported");
            }
        }

        var settings = new LoraSettings
        {
            Rank = (int)Number(root, "r", DefaultRank, value => value.TryGetInt32(out int rank) && rank >= 1, "a whole number of at least 1", faults),
            Alpha = (float)Number(
                root,
                "lora_alpha",
                DefaultAlpha,
                value => value.TryGetSingle(out float alpha) && float.IsFinite(alpha) && alpha > 0,
                "a positive number",
                faults),
            UseRsLora = Flag(root, "use_rslora", faults),
        };
        PeftTargets targets = PeftTargets.Read(root, faults);
        return faults.Count == 0 ? new PeftConfig(settings, targets) : throw new PeftAdapterException(path, faults);
    }

    private static double Number(
        JsonElement root, string name, double absent, Func<JsonElement, bool> isValid, string wanted, List<string> faults)
    {
        if (!root.TryGetProperty(name, out JsonElement value))
        {
            return absent;
        }

        if (value.ValueKind == JsonValueKind.Number && isValid(value))
        {
            return value.GetDouble();
        }

        faults.Add($"{name} is {Shown(value)}, not {wanted}");
        return absent;
    }

    private static bool Flag(JsonElement root, string name, List<string> faults)
    {
        if (root.TryGetProperty(name, out JsonElement value) && value.ValueKind is not (JsonValueKind.True or JsonValueKind.False or JsonValueKind.Null))
        {
            faults.Add($"{name} is {Shown(value)}, not true or false");
        }

        return value.ValueKind == JsonValueKind.True;
    }

    private static bool IsAbsent(JsonElement value) => value.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined;

    private static bool IsFalse(JsonElement value) => IsAbsent(value) || value.ValueKind == JsonValueKind.False;

    private static bool IsString(JsonElement value, string text) => value.ValueKind == JsonValueKind.String && value.ValueEquals(text);

    private static bool IsEmpty(JsonElement value) => IsAbsent(value)
        || (value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 0)
        || (value.ValueKind == JsonValueKind.Object && !value.EnumerateObject().Any());

    // Ways of drawing A and B; others (PiSSA, OLoRA, CorDA, LoftQ…) change the base weights, and their adapters are nothing without these.
    private static bool LeavesBase(JsonElement value) => IsAbsent(value)
        || value.ValueKind is JsonValueKind.True or JsonValueKind.False
        || IsString(value, "gaussian")
        || IsString(value, "orthogonal")
        || IsString(value, "eva");

    private static string Shown(JsonElement value) => value.ValueKind == JsonValueKind.Undefined ? "absent" : value.GetRawText();
}
