using System.Text;
using System.Text.Json;

namespace Lora.Models;

/// <summary>Unicode normalisation before a text is split.</summary>
internal sealed class TextNormalizer(JsonElement? component)
{
    private readonly Func<string, string>[] _forms = [.. Components.Flatten(component, "normalizers").Select(FormOf)];

    public string Apply(string text) => _forms.Aggregate(WellFormed(text), (current, form) => form(current));

    private static Func<string, string> FormOf(JsonElement component) => Components.TypeOf(component) switch
    {
        "NFC" => CanonicalForms.Compose,
        "NFD" => CanonicalForms.Decompose,
        string other => throw new NotSupportedException($"its normalizer is {other}; for byte-level BPE only NFC and NFD are read"),
    };

    private static string WellFormed(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
}
