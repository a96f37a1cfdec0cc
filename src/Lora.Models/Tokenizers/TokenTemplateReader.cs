using System.Text.Json;
using Part = Lora.Models.TokenTemplate.Part;

namespace Lora.Models;

/// <summary>Reads which tokens a <c>tokenizer.json</c> puts around texts.</summary>
/// <param name="postProcessor">The component that says so.</param>
internal sealed class TokenTemplateReader(JsonElement? postProcessor)
{
    public TokenTemplate Read()
    {
        TokenTemplate template = TokenTemplate.None;
        foreach (JsonElement step in Components.Flatten(postProcessor, "processors"))
        {
            switch (Components.TypeOf(step))
            {
                case "ByteLevel":
                    break;
                case "TemplateProcessing":
                    template = new TokenTemplate(Parts(step, "single"), Parts(step, "pair"));
                    break;
                case "BertProcessing":
                    Part[] bert = [Part.Special(Id(step, "cls")), Part.First, Part.Special(Id(step, "sep"))];
                    template = new TokenTemplate(bert, [.. bert, Part.Second, Part.Special(Id(step, "sep"), type: 1)]);
                    break;
                case "RobertaProcessing":
                    // RoBERTa tells no kinds of tokens apart.
                    Part end = Part.Special(Id(step, "sep"));
                    Part[] roberta = [Part.Special(Id(step, "cls")), Part.First, end];
                    template = new TokenTemplate(roberta, [.. roberta, end, Part.Second with { Type = 0 }, end]);
                    break;
                case string other:
                    throw new NotSupportedException(
                        $"its post_processor is {other}; only ByteLevel, TemplateProcessing, BertProcessing and RobertaProcessing are read");
            }
        }

        return template;
    }

    private static int Id(JsonElement step, string name) =>
        step.TryGetProperty(name, out JsonElement pair) && pair.ValueKind == JsonValueKind.Array && pair.GetArrayLength() == 2
        && pair[1].ValueKind == JsonValueKind.Number && pair[1].TryGetInt32(out int id)
            ? id
            : throw new InvalidDataException($"its post_processor has no token and id {name}");

    private static Part[] Parts(JsonElement step, string name)
    {
        if (!step.TryGetProperty(name, out JsonElement list) || list.ValueKind != JsonValueKind.Array)
        {
            throw new InvalidDataException($"its post_processor has no list {name}");
        }

        return [.. list.EnumerateArray().Select(item => PartOf(step, item))];
    }

    private static Part PartOf(JsonElement step, JsonElement item)
    {
        if (item.ValueKind == JsonValueKind.Object)
        {
            if (item.TryGetProperty("Sequence", out JsonElement sequence) && Text(sequence, "id") is "A" or "B")
            {
                return new Part(null, Text(sequence, "id") == "B", Type(sequence));
            }

            if (item.TryGetProperty("SpecialToken", out JsonElement special) && Text(special, "id") is { } token
                && step.TryGetProperty("special_tokens", out JsonElement all) && all.ValueKind == JsonValueKind.Object && all.TryGetProperty(token, out JsonElement entry)
                && entry.TryGetProperty("ids", out JsonElement ids) && ids.ValueKind == JsonValueKind.Array
                && ids.EnumerateArray().All(id => id.ValueKind == JsonValueKind.Number && id.TryGetInt32(out _)))
            {
                return new Part([.. ids.EnumerateArray().Select(id => id.GetInt32())], false, Type(special));
            }
        }

        throw new InvalidDataException($"its post_processor has a part {item.GetRawText()}, neither a text nor one of its special tokens");
    }

    private static string? Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement value) ? value.ToString() : null;

    private static int Type(JsonElement element) =>
        element.TryGetProperty("type_id", out JsonElement value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int type) ? type : 0;
}
