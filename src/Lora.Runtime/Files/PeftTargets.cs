using System.Text.Json;
using System.Text.RegularExpressions;

namespace Lora;

/// <summary>The <c>target_modules</c> of a PEFT configuration.</summary>
internal sealed class PeftTargets
{
    private static readonly TimeSpan _timeout = TimeSpan.FromSeconds(1);

    private readonly IReadOnlyList<string>? _suffixes;
    private readonly string? _pattern;
    private readonly Regex? _regex;

    private PeftTargets(IReadOnlyList<string>? suffixes, string? pattern, bool isExact)
    {
        _suffixes = suffixes;
        _pattern = pattern;
        _regex = pattern is null ? null : new Regex($@"\A(?:{pattern})\z", RegexOptions.CultureInvariant, _timeout);
        IsExact = isExact;
    }

    /// <summary>Whether every layer that matches has an adapter: nothing else in the configuration takes layers away.</summary>
    public bool IsExact { get; }

    /// <summary>The shortest list of suffixes that means these layers and no other, or a pattern where no list does.</summary>
    /// <param name="adapted">The paths that are meant.</param>
    /// <param name="others">The paths of the other layers that could be.</param>
    public static PeftTargets For(IReadOnlyList<string> adapted, IReadOnlyList<string> others)
    {
        var suffixes = new SortedSet<string>(StringComparer.Ordinal);
        foreach (string path in adapted)
        {
            string last = path[(path.LastIndexOf('.') + 1)..];
            bool isShort = !char.IsAsciiDigit(last[0]) && !others.Any(other => IsSuffix(last, other));
            if (!isShort && others.Any(other => IsSuffix(path, other)))
            {
                // PEFT matches a string as a Python pattern against the whole path.
                return new PeftTargets(null, string.Join('|', adapted.Select(Regex.Escape)), isExact: true);
            }

            suffixes.Add(isShort ? last : path);
        }

        return new PeftTargets([.. suffixes], null, isExact: true);
    }

    public static PeftTargets Read(JsonElement root, List<string> faults)
    {
        bool isExact = !IsGiven(root, "exclude_modules") && !IsGiven(root, "layers_to_transform") && !IsGiven(root, "layers_pattern");
        if (!root.TryGetProperty("target_modules", out JsonElement targets) || targets.ValueKind == JsonValueKind.Null)
        {
            return new PeftTargets(null, null, isExact: false);
        }

        if (targets.ValueKind == JsonValueKind.String)
        {
            return ReadPattern(targets.GetString()!, isExact, faults);
        }

        if (targets.ValueKind == JsonValueKind.Array && targets.EnumerateArray().All(target => target.ValueKind == JsonValueKind.String))
        {
            return new PeftTargets([.. targets.EnumerateArray().Select(target => target.GetString()!)], null, isExact);
        }

        faults.Add($"target_modules is {targets.GetRawText()}, neither a list of strings nor a string");
        return new PeftTargets(null, null, isExact: false);
    }

    /// <summary>Whether a layer's path is meant.</summary>
    /// <exception cref="RegexMatchTimeoutException">The pattern takes too long.</exception>
    public bool Match(string path) => _regex?.IsMatch(path) ?? _suffixes?.Any(suffix => IsSuffix(suffix, path)) ?? true;

    public void Write(Utf8JsonWriter json)
    {
        if (_pattern is not null)
        {
            json.WriteString("target_modules", _pattern);
            return;
        }

        json.WriteStartArray("target_modules");
        foreach (string suffix in _suffixes ?? [])
        {
            json.WriteStringValue(suffix);
        }

        json.WriteEndArray();
    }

    private static PeftTargets ReadPattern(string text, bool isExact, List<string> faults)
    {
        if (text.Equals("all-linear", StringComparison.OrdinalIgnoreCase))
        {
            return new PeftTargets(null, null, isExact: false);
        }

        try
        {
            return new PeftTargets(null, text, isExact);
        }
        catch (ArgumentException fault)
        {
            faults.Add($"target_modules is no regular expression: {fault.Message}");
            return new PeftTargets(null, null, isExact: false);
        }
    }

    private static bool IsSuffix(string suffix, string path) =>
        path.EndsWith(suffix, StringComparison.Ordinal) && (path.Length == suffix.Length || path[path.Length - suffix.Length - 1] == '.');

    private static bool IsGiven(JsonElement root, string name) =>
        root.TryGetProperty(name, out JsonElement value)
        && value.ValueKind != JsonValueKind.Null
        && !(value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 0);
}
