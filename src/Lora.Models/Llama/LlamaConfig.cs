using System.Text.Json;

namespace Lora.Models;

/// <summary>
/// The dimensions and settings of a Llama (Touvron et al. 2023, "LLaMA: Open and Efficient Foundation Language Models") or of a model built as one:
/// Mistral, Qwen2, Qwen3.
/// </summary>
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

    /// <summary>How the rotary frequencies are scaled, or null.</summary>
    public RotaryScaling? RopeScaling { get; init; }

    /// <summary>
    /// How many positions, its own included, each position sees back to; null for all. Longer sequences are refused: shorter ones see everything anyway.
    /// </summary>
    public int? SlidingWindow { get; init; }

    /// <summary>Whether the projections to queries, keys and values have a bias.</summary>
    public bool QkvBias { get; init; }

    /// <summary>Whether the projection of the attention's result has a bias.</summary>
    public bool OutputBias { get; init; }

    /// <summary>Whether the three projections of the feed-forward block have a bias.</summary>
    public bool MlpBias { get; init; }

    /// <summary>Whether every head's queries and keys are normalised before they turn.</summary>
    public bool QkNorm { get; init; }

    /// <summary>Whether the head uses the weights of the embedding.</summary>
    public bool TieWordEmbeddings { get; init; }

    /// <summary>The token that begins a text, or null.</summary>
    public int? BosTokenId { get; init; }

    /// <summary>The tokens that end a text.</summary>
    public IReadOnlyList<int> EosTokenIds { get; init; } = [];

    /// <summary>The longest sequence that the model takes.</summary>
    public int MaxSequenceLength => Math.Min(MaxPositionEmbeddings, SlidingWindow ?? int.MaxValue);

    /// <summary>Reads <c>config.json</c> of a model folder.</summary>
    /// <param name="directory">The folder.</param>
    /// <exception cref="FileNotFoundException">The folder has no such file.</exception>
    /// <exception cref="InvalidDataException">The file is damaged, lacks a setting, or contradicts itself.</exception>
    /// <exception cref="NotSupportedException">The file asks for something that this Llama does not do.</exception>
    public static LlamaConfig Load(string directory) => Read(ConfigFile.Open(directory));

    /// <summary>Reads the text of a <c>config.json</c>.</summary>
    /// <param name="utf8Json">The text.</param>
    /// <param name="source">What errors call it.</param>
    /// <inheritdoc cref="Load" path="/exception"/>
    public static LlamaConfig Parse(ReadOnlySpan<byte> utf8Json, string source = "config.json") => Read(ConfigFile.Parse(utf8Json, source));

    internal static LlamaConfig Read(ConfigFile file)
    {
        file.Require("model_type", file.ModelType is "llama" or "mistral" or "qwen2" or "qwen3", "\"llama\", \"mistral\", \"qwen2\" or \"qwen3\"");
        file.Require("hidden_act", file.Text("hidden_act") is null or "silu" or "swish", "\"silu\"");
        file.Require("partial_rotary_factor", file.Number("partial_rotary_factor") is null or 1, "1");
        file.Require("quantization_config", file.Find("quantization_config") is null, "null: weights in float32, float16 or bfloat16");
        int hiddenSize = file.Size("hidden_size");
        int heads = file.Size("num_attention_heads");
        bool attentionBias = file.Flag("attention_bias");
        string kind = file.ModelType!;
        var config = new LlamaConfig
        {
            VocabSize = file.Size("vocab_size"),
            HiddenSize = hiddenSize,
            IntermediateSize = file.Size("intermediate_size"),
            NumHiddenLayers = file.Size("num_hidden_layers"),
            NumAttentionHeads = heads,
            NumKeyValueHeads = kind == "llama" ? file.OptionalSize("num_key_value_heads") ?? heads : file.Size("num_key_value_heads"),
            HeadDim = file.OptionalSize("head_dim") ?? (kind == "qwen3" ? 128 : hiddenSize / heads),
            MaxPositionEmbeddings = file.OptionalSize("max_position_embeddings") ?? (kind switch { "llama" => 2048, "mistral" => 131072, _ => 32768 }),
            RmsNormEps = file.Positive("rms_norm_eps", 1e-6, orZero: true),
            RopeTheta = RopeThetaOf(file),
            RopeScaling = RotaryScaling.Read(file, "rope_scaling") ?? RotaryScaling.Read(file, "rope_parameters"),
            SlidingWindow = SlidingWindowOf(file, kind),
            QkvBias = kind == "qwen2" || (kind is "llama" or "qwen3" && attentionBias),
            OutputBias = kind is "llama" or "qwen3" && attentionBias,
            MlpBias = kind == "llama" && file.Flag("mlp_bias"),
            QkNorm = kind == "qwen3",
            TieWordEmbeddings = file.Flag("tie_word_embeddings"),
            BosTokenId = file.TokenIds("bos_token_id") is [int begin, ..] ? begin : null,
            EosTokenIds = file.EndTokenIds(),
        };
        config.Check(file.Source);
        return config;
    }

    internal void Check(string source)
    {
        foreach ((string name, int value) in (ReadOnlySpan<(string, int)>)[
            ("vocab_size", VocabSize), ("hidden_size", HiddenSize), ("intermediate_size", IntermediateSize),
            ("num_hidden_layers", NumHiddenLayers), ("num_attention_heads", NumAttentionHeads),
            ("num_key_value_heads", NumKeyValueHeads), ("head_dim", HeadDim), ("max_position_embeddings", MaxPositionEmbeddings),
            ("sliding_window", SlidingWindow ?? 1)])
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

    internal RotaryEmbedding NewRotary()
    {
        double[] frequencies = RotaryEmbedding.FrequenciesOf(HeadDim, RopeTheta);
        return new RotaryEmbedding(RopeScaling?.Apply(frequencies) ?? frequencies, MaxSequenceLength);
    }

    private static float RopeThetaOf(ConfigFile file) =>
        file.Find("rope_parameters") is { ValueKind: JsonValueKind.Object } parameters && parameters.TryGetProperty("rope_theta", out _)
            ? (float)file.NumberIn("rope_parameters", parameters, "rope_theta")
            : file.Positive("rope_theta", 10000);

    // Mistral's first version has a window by default; Qwen's files name one that is used only where another setting says so.
    private static int? SlidingWindowOf(ConfigFile file, string kind) => kind switch
    {
        "mistral" => file.OptionalSize("sliding_window") ?? (file.Names("sliding_window") ? null : 4096),
        "qwen2" or "qwen3" when file.Flag("use_sliding_window") => file.OptionalSize("sliding_window") ?? 4096,
        _ => null,
    };
}
