using System.Text.Json;

namespace Lora.Models;

/// <summary>The dimensions and settings of a Llama (Touvron et al. 2023, "LLaMA: Open and Efficient Foundation Language Models").</summary>
public sealed record LlamaConfig
{
    /// <summary>The number of tokens.</summary>
    public required int VocabSize { get; init; }

    /// <summary>The width of the residual stream.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>The width inside a feed-forward block.</summary>
    public required int IntermediateSize { get; init; }

    /// <summary>The number of decoder layers.</summary>
    public required int NumHiddenLayers { get; init; }

    /// <summary>The number of query heads.</summary>
    public required int NumAttentionHeads { get; init; }

    /// <summary>The number of key and value heads, which divides that of the query heads.</summary>
    public required int NumKeyValueHeads { get; init; }

    /// <summary>The width of one head.</summary>
    public required int HeadDim { get; init; }

    /// <summary>The longest sequence.</summary>
    public int MaxPositionEmbeddings { get; init; } = 2048;

    /// <summary>What the normalisations add to the mean square.</summary>
    public float RmsNormEps { get; init; } = 1e-6f;

    /// <summary>The base of the rotary angles.</summary>
    public float RopeTheta { get; init; } = 10000;

    /// <summary>Whether the four projections of the attention have a bias.</summary>
    public bool AttentionBias { get; init; }

    /// <summary>Whether the three projections of the feed-forward block have a bias.</summary>
    public bool MlpBias { get; init; }

    /// <summary>Whether the head uses the weights of the embedding.</summary>
    public bool TieWordEmbeddings { get; init; }

    /// <summary>The token that begins a text, or null.</summary>
    public int? BosTokenId { get; init; }

    /// <summary>The tokens that end a text.</summary>
    public IReadOnlyList<int> EosTokenIds { get; init; } = [];

    /// <summary>Reads <c>config.json</c> of a model folder.</summary>
    /// <param name="directory">The folder.</param>
    /// <exception cref="FileNotFoundException">The folder has no such file.</exception>
    /// <exception cref="InvalidDataException">The file is damaged, lacks a setting, or contradicts itself.</exception>
    /// <exception cref="NotSupportedException">The file asks for something that this Llama does not do.</exception>
    public static LlamaConfig Load(string directory)
    {
        string path = Path.Combine(directory, "config.json");
        return Parse(File.ReadAllBytes(path), path);
    }

    /// <summary>Reads the text of a <c>config.json</c>.</summary>
    /// <param name="utf8Json">The text.</param>
    /// <param name="source">What errors call it.</param>
    /// <inheritdoc cref="Load" path="/exception"/>
    public static LlamaConfig Parse(ReadOnlySpan<byte> utf8Json, string source = "config.json")
    {
        LlamaConfigJson json;
        try
        {
            json = JsonSerializer.Deserialize(utf8Json, LlamaConfigJsonContext.Default.LlamaConfigJson)
                ?? throw new InvalidDataException($"'{source}' is empty.");
        }
        catch (JsonException fault)
        {
            throw new InvalidDataException($"'{source}' is not a config.json: {fault.Message}", fault);
        }

        Refuse(json, source);
        int hiddenSize = Required(json.HiddenSize, "hidden_size", source);
        int heads = Required(json.NumAttentionHeads, "num_attention_heads", source);
        var config = new LlamaConfig
        {
            VocabSize = Required(json.VocabSize, "vocab_size", source),
            HiddenSize = hiddenSize,
            IntermediateSize = Required(json.IntermediateSize, "intermediate_size", source),
            NumHiddenLayers = Required(json.NumHiddenLayers, "num_hidden_layers", source),
            NumAttentionHeads = heads,
            NumKeyValueHeads = json.NumKeyValueHeads ?? heads,
            HeadDim = json.HeadDim ?? hiddenSize / heads,
            MaxPositionEmbeddings = json.MaxPositionEmbeddings ?? 2048,
            RmsNormEps = (float)(json.RmsNormEps ?? 1e-6),
            RopeTheta = (float)(RopeThetaOf(json) ?? 10000),
            AttentionBias = json.AttentionBias ?? false,
            MlpBias = json.MlpBias ?? false,
            TieWordEmbeddings = json.TieWordEmbeddings ?? false,
            BosTokenId = TokenIds(json.BosTokenId, "bos_token_id", source) is [int begin, ..] ? begin : null,
            EosTokenIds = TokenIds(json.EosTokenId, "eos_token_id", source),
        };
        config.Check(source);
        return config;
    }

    internal void Check(string source)
    {
        foreach ((string name, int value) in (ReadOnlySpan<(string, int)>)[
            ("vocab_size", VocabSize), ("hidden_size", HiddenSize), ("intermediate_size", IntermediateSize),
            ("num_hidden_layers", NumHiddenLayers), ("num_attention_heads", NumAttentionHeads),
            ("num_key_value_heads", NumKeyValueHeads), ("head_dim", HeadDim), ("max_position_embeddings", MaxPositionEmbeddings)])
        {
            if (value < 1)
            {
                throw new InvalidDataException($"'{source}': {name} is {value}; it must be at least 1.");
            }
        }

        if (NumAttentionHeads % NumKeyValueHeads != 0)
        {
            throw new InvalidDataException(
                $"'{source}': num_key_value_heads is {NumKeyValueHeads}, which does not divide num_attention_heads, {NumAttentionHeads}.");
        }

        if (HeadDim % 2 != 0)
        {
            throw new InvalidDataException($"'{source}': head_dim is {HeadDim}; rotary embedding needs an even one.");
        }

        if (!float.IsFinite(RmsNormEps) || RmsNormEps < 0)
        {
            throw new InvalidDataException($"'{source}': rms_norm_eps is {RmsNormEps}; it must be finite and not negative.");
        }

        if (!float.IsFinite(RopeTheta) || RopeTheta <= 0)
        {
            throw new InvalidDataException($"'{source}': rope_theta is {RopeTheta}; it must be positive and finite.");
        }
    }

    private static void Refuse(LlamaConfigJson json, string source)
    {
        if (json.ModelType is not "llama")
        {
            throw Unsupported("model_type", json.ModelType ?? "absent", "\"llama\"", source);
        }

        if (json.HiddenAct is not (null or "silu" or "swish"))
        {
            throw Unsupported("hidden_act", json.HiddenAct, "\"silu\"", source);
        }

        RefuseScaling(json.RopeScaling, "rope_scaling", source);
        RefuseScaling(json.RopeParameters, "rope_parameters", source);
        if (json.PartialRotaryFactor is not (null or 1))
        {
            throw Unsupported("partial_rotary_factor", $"{json.PartialRotaryFactor}", "1", source);
        }

        if (json.QuantizationConfig is { ValueKind: not JsonValueKind.Null })
        {
            throw Unsupported("quantization_config", "given", "null: weights in float32, float16 or bfloat16", source);
        }
    }

    private static void RefuseScaling(JsonElement? element, string name, string source)
    {
        if (element is not { ValueKind: JsonValueKind.Object } scaling)
        {
            return;
        }

        if ((scaling.TryGetProperty("rope_type", out JsonElement type) || scaling.TryGetProperty("type", out type)) && type.ValueKind == JsonValueKind.String && type.ValueEquals("default"))
        {
            return;
        }

        throw Unsupported(name, scaling.ToString(), "null: rotary angles that are not scaled", source);
    }

    private static double? RopeThetaOf(LlamaConfigJson json) =>
        json.RopeParameters is { ValueKind: JsonValueKind.Object } parameters
        && parameters.TryGetProperty("rope_theta", out JsonElement theta)
        && theta.ValueKind == JsonValueKind.Number
            ? theta.GetDouble()
            : json.RopeTheta;

    private static NotSupportedException Unsupported(string name, string value, string supported, string source) =>
        new($"'{source}': {name} is {value}; only {supported} is supported.");

    private static int Required(int? value, string name, string source) => value switch
    {
        null => throw new InvalidDataException($"'{source}' lacks {name}."),
        < 1 => throw new InvalidDataException($"'{source}': {name} is {value}; it must be at least 1."),
        int given => given,
    };

    private static int[] TokenIds(JsonElement? element, string name, string source) => element switch
    {
        null or { ValueKind: JsonValueKind.Null } => [],
        { ValueKind: JsonValueKind.Number } one when one.TryGetInt32(out int id) => [id],
        { ValueKind: JsonValueKind.Array } many when many.EnumerateArray().All(item => item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out _)) =>
            [.. many.EnumerateArray().Select(item => item.GetInt32())],
        _ => throw new InvalidDataException($"'{source}': {name} is {element}; it must be a token id or a list of them."),
    };
}
