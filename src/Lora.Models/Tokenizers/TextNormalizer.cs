using System.Text;
using System.Text.Json;

namespace Lora.Models;

/// <summary>Unicode normalisation before a text is split.</summary>
internal sealed class TextNormalizer(JsonElement? component)
{
    private readonly NormalizationForm[] _forms = [.. Components.Flatten(component, "normalizers").Select(FormOf)];

    public string Apply(string text) => _forms.Aggregate(WellFormed(text), (current, form) => current.Normalize(form));

    private static NormalizationForm FormOf(JsonElement component) => Components.TypeOf(component) switch
    {
        "NFC" => NormalizationForm.FormC,
        "NFD" => NormalizationForm.FormD,
        "NFKC" => NormalizationForm.FormKC,
        "NFKD" => NormalizationForm.FormKD,
        string other => throw new NotSupportedException($"its normalizer is {other}; for byte-level BPE only NFC, NFD, NFKC and NFKD are read"),
    };

    private static string WellFormed(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
}
