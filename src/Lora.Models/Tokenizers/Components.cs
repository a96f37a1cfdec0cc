using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Lora.Models;

/// <summary>The parts of a <c>tokenizer.json</c>: objects that say their type.</summary>
internal static class Components
{
    public static string TypeOf(JsonElement? component) => component switch
    {
        null or { ValueKind: JsonValueKind.Null } => "null",
        { ValueKind: JsonValueKind.Object } given when given.TryGetProperty("type", out JsonElement type) && type.ValueKind == JsonValueKind.String => type.GetString()!,
        _ => throw new InvalidDataException($"{TextOf(component)} is no component with a type"),
    };

    public static bool Flag(JsonElement component, string name, bool absent) => component.TryGetProperty(name, out JsonElement value)
        ? value.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            JsonValueKind.Null => absent,
            _ => throw new InvalidDataException($"{name} is {value.GetRawText()}, neither true nor false"),
        }
        : absent;

    /// <summary>The components of a sequence under a name, or the component itself; none for null.</summary>
    public static IEnumerable<JsonElement> Flatten(JsonElement? component, string listName)
    {
        if (TypeOf(component) is var type && type == "null")
        {
            return [];
        }

        return type != "Sequence"
            ? [component!.Value]
            : component!.Value.TryGetProperty(listName, out JsonElement list) && list.ValueKind == JsonValueKind.Array
                ? list.EnumerateArray().SelectMany(part => Flatten(part, listName))
                : throw new InvalidDataException($"a Sequence has no list {listName}");
    }

    public static string TextOf(JsonElement? component)
    {
        if (component is not { } element)
        {
            return "null";
        }

        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            element.WriteTo(writer);
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
