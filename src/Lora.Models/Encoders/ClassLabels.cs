using System.Globalization;
using System.Text.Json;

namespace Lora.Models;

/// <summary>The classes that a configuration names.</summary>
internal static class ClassLabels
{
    /// <summary>The names of the classes by their index.</summary>
    /// <param name="file">The configuration.</param>
    /// <param name="classes">The number of classes of a new head, or null for the head that the configuration describes.</param>
    public static IReadOnlyList<string> Read(ConfigFile file, int? classes)
    {
        if (classes is { } count)
        {
            return [.. Enumerable.Range(0, count).Select(NameOf)];
        }

        string? kind = file.Text("problem_type");
        file.Require("problem_type", kind is null or "single_label_classification", "\"single_label_classification\"");
        string[] labels = Named(file) ?? [.. Enumerable.Range(0, file.OptionalSize("num_labels") ?? 2).Select(NameOf)];
        return labels.Length > 1 || kind is not null ? labels : throw file.Unsupported("num_labels", "1, which means regression", "classification");
    }

    private static string[]? Named(ConfigFile file)
    {
        if (file.Find("id2label") is not { ValueKind: JsonValueKind.Object } names)
        {
            return null;
        }

        string[] labels = new string[names.EnumerateObject().Count()];
        foreach (JsonProperty name in names.EnumerateObject())
        {
            if (!int.TryParse(name.Name, CultureInfo.InvariantCulture, out int index) || (uint)index >= (uint)labels.Length
                || labels[index] is not null || name.Value.ValueKind != JsonValueKind.String)
            {
                throw new InvalidDataException($"'{file.Source}': id2label does not name the classes 0 to {labels.Length - 1}, each once.");
            }

            labels[index] = name.Value.GetString()!;
        }

        return labels;
    }

    private static string NameOf(int index) => string.Create(CultureInfo.InvariantCulture, $"LABEL_{index}");
}
