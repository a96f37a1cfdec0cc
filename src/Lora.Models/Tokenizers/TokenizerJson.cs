using System.Text.Json;
using System.Text.Json.Serialization;

namespace Lora.Models;

/// <summary>The part of a <c>tokenizer.json</c> that <see cref="BpeTokenizer"/> reads.</summary>
internal sealed class TokenizerJson
{
    public IReadOnlyList<AddedToken>? AddedTokens { get; init; }

    public JsonElement? Normalizer { get; init; }

    public JsonElement? PreTokenizer { get; init; }

    public required BpeModel Model { get; init; }

    internal sealed class AddedToken
    {
        public required int Id { get; init; }

        public required string Content { get; init; }

        public bool Special { get; init; }
    }

    internal sealed class BpeModel
    {
        public string? Type { get; init; }

        public bool ByteFallback { get; init; }

        public required IReadOnlyDictionary<string, int> Vocab { get; init; }

        /// <summary>Each "left right", or a pair of strings in newer files.</summary>
        public required IReadOnlyList<JsonElement> Merges { get; init; }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(TokenizerJson))]
internal sealed partial class TokenizerJsonContext : JsonSerializerContext;
