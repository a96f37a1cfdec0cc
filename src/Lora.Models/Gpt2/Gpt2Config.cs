namespace Lora.Models;

/// <summary>The dimensions and settings of a GPT-2 (Radford et al. 2019, "Language Models are Unsupervised Multitask Learners").</summary>
public sealed record Gpt2Config
{
    /// <summary>The number of tokens.</summary>
    public required int VocabSize { get; init; }

    /// <summary>The longest sequence.</summary>
    public required int Positions { get; init; }

    /// <summary>The width of the residual stream.</summary>
    public required int Width { get; init; }

    /// <summary>The number of layers.</summary>
    public required int Layers { get; init; }

    /// <summary>The number of heads, which divides the width.</summary>
    public required int Heads { get; init; }

    /// <summary>The width inside a feed-forward block; 4 times the width where a file does not say.</summary>
    public required int InnerWidth { get; init; }

    /// <summary>The activation of the feed-forward block.</summary>
    public ActivationFunction Activation { get; init; } = ActivationFunction.GeluTanh;

    /// <summary>What the normalisations add to the variance.</summary>
    public float LayerNormEpsilon { get; init; } = 1e-5f;

    /// <summary>Whether the head uses the weights of the embedding.</summary>
    public bool TieWordEmbeddings { get; init; } = true;

    /// <summary>The token that begins a text, or null.</summary>
    public int? BosTokenId { get; init; }

    /// <summary>The tokens that end a text.</summary>
    public IReadOnlyList<int> EosTokenIds { get; init; } = [];

    internal static Gpt2Config Read(ConfigFile file)
    {
        file.Require("scale_attn_weights", file.Flag("scale_attn_weights", absent: true), "true");
        file.Require("scale_attn_by_inverse_layer_idx", !file.Flag("scale_attn_by_inverse_layer_idx"), "false");
        file.Require("add_cross_attention", !file.Flag("add_cross_attention"), "false");
        file.Require("quantization_config", file.Find("quantization_config") is null, "null: weights in float32, float16 or bfloat16");
        int width = file.Size("n_embd");
        var config = new Gpt2Config
        {
            VocabSize = file.Size("vocab_size"),
            Positions = file.OptionalSize("n_positions") ?? file.OptionalSize("n_ctx") ?? 1024,
            Width = width,
            Layers = file.Size("n_layer"),
            Heads = file.Size("n_head"),
            InnerWidth = file.OptionalSize("n_inner") ?? 4 * width,
            Activation = Models.Activation.Read(file, "activation_function", "gelu_new"),
            LayerNormEpsilon = file.Positive("layer_norm_epsilon", 1e-5, orZero: true),
            TieWordEmbeddings = file.Flag("tie_word_embeddings", absent: true),
            BosTokenId = file.TokenIds("bos_token_id") is [int begin, ..] ? begin : null,
            EosTokenIds = file.EndTokenIds(),
        };
        config.Check(file.Source);
        return config;
    }

    internal void Check(string source)
    {
        if (Width % Heads != 0)
        {
            throw new InvalidDataException($"'{source}': n_head is {Heads}, which does not divide n_embd, {Width}.");
        }
    }
}
