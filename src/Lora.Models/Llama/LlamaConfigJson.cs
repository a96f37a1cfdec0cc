using System.Text.Json;
using System.Text.Json.Serialization;

namespace Lora.Models;

/// <summary>What a Llama's <c>config.json</c> may say, as it stands there.</summary>
internal sealed class LlamaConfigJson
{
    public string? ModelType { get; init; }

    public int? VocabSize { get; init; }

    public int? HiddenSize { get; init; }

    public int? IntermediateSize { get; init; }

    public int? NumHiddenLayers { get; init; }

    public int? NumAttentionHeads { get; init; }

    public int? NumKeyValueHeads { get; init; }

    public int? HeadDim { get; init; }

    public int? MaxPositionEmbeddings { get; init; }

    public double? RmsNormEps { get; init; }

    public double? RopeTheta { get; init; }

    public JsonElement? RopeScaling { get; init; }

    public JsonElement? RopeParameters { get; init; }

    public double? PartialRotaryFactor { get; init; }

    public string? HiddenAct { get; init; }

    public bool? AttentionBias { get; init; }

    public bool? MlpBias { get; init; }

    public bool? TieWordEmbeddings { get; init; }

    public JsonElement? QuantizationConfig { get; init; }

    public JsonElement? BosTokenId { get; init; }

    public JsonElement? EosTokenId { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(LlamaConfigJson))]
internal sealed partial class LlamaConfigJsonContext : JsonSerializerContext;
