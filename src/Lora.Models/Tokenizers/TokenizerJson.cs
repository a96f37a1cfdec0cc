using System.Text.Json;
using System.Text.Json.Serialization;

namespace Lora.Models;

/// <summary>A <c>tokenizer.json</c>, as it stands there.</summary>
internal sealed class TokenizerJson
{
    public IReadOnlyList<AddedTokenJson>? AddedTokens { get; init; }

    public JsonElement? Normalizer { get; init; }

    public JsonElement? PreTokenizer { get; init; }

    public JsonElement? PostProcessor { get; init; }

    public JsonElement? Decoder { get; init; }

    public required ModelJson Model { get; init; }

    internal sealed class AddedTokenJson
    {
        public required int Id { get; init; }

        public required string Content { get; init; }

        public bool SingleWord { get; init; }

        public bool Lstrip { get; init; }

        public bool Rstrip { get; init; }

        public bool Special { get; init; }
    }

    internal sealed class ModelJson
    {
        public string? Type { get; init; }

        public bool ByteFallback { get; init; }

        public bool IgnoreMerges { get; init; }

        public string? UnkToken { get; init; }

        public string? ContinuingSubwordPrefix { get; init; }

        public string? EndOfWordSuffix { get; init; }

        public int? MaxInputCharsPerWord { get; init; }

        /// <summary>Ids by piece; another form for other types.</summary>
        public required JsonElement Vocab { get; init; }

        /// <summary>Each "left right", or a pair of strings in newer files.</summary>
        public IReadOnlyList<JsonElement>? Merges { get; init; }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(TokenizerJson))]
internal sealed partial class TokenizerJsonContext : JsonSerializerContext;
