namespace Lora.Models;

/// <summary>
/// The dimensions and settings of a BERT (Devlin et al. 2018, "BERT: Pre-training of Deep Bidirectional Transformers for Language Understanding") or
/// RoBERTa (Liu et al. 2019, "RoBERTa: A Robustly Optimized BERT Pretraining Approach") that sorts texts into classes.
/// </summary>
public sealed record BertConfig
{
    /// <summary>The number of tokens.</summary>
    public required int VocabSize { get; init; }

    /// <summary>The width of the residual stream.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>The width inside a feed-forward block.</summary>
    public required int IntermediateSize { get; init; }

    /// <summary>The number of layers.</summary>
    public required int NumHiddenLayers { get; init; }

    /// <summary>The number of heads, which divides the width.</summary>
    public required int NumAttentionHeads { get; init; }

    /// <summary>The rows of the table of positions.</summary>
    public required int MaxPositionEmbeddings { get; init; }

    /// <summary>The number of kinds of tokens.</summary>
    public int TypeVocabSize { get; init; } = 2;

    /// <summary>The activation of the feed-forward block.</summary>
    public ActivationFunction HiddenAct { get; init; } = ActivationFunction.Gelu;

    /// <summary>What the normalisations add to the variance.</summary>
    public float LayerNormEps { get; init; } = 1e-12f;

    /// <summary>The token that fills up shorter sequences.</summary>
    public int PadTokenId { get; init; }

    /// <summary>Whether positions are counted as RoBERTa does, from the padding token's id on, rather than from 0.</summary>
    public bool CountsFromPadding { get; init; }

    /// <summary>The names of the classes.</summary>
    public required IReadOnlyList<string> Labels { get; init; }

    /// <summary>The longest sequence that the model takes.</summary>
    public int MaxSequenceLength => CountsFromPadding ? MaxPositionEmbeddings - PadTokenId - 1 : MaxPositionEmbeddings;

    internal static BertConfig Read(ConfigFile file, int? classes)
    {
        file.Require("position_embedding_type", file.Text("position_embedding_type") is null or "absolute", "\"absolute\"");
        file.Require("is_decoder", !file.Flag("is_decoder"), "false");
        file.Require("add_cross_attention", !file.Flag("add_cross_attention"), "false");
        file.Require("quantization_config", file.Find("quantization_config") is null, "null: weights in float32, float16 or bfloat16");
        bool isRoberta = file.ModelType == "roberta";
        var config = new BertConfig
        {
            VocabSize = file.Size("vocab_size"),
            HiddenSize = file.Size("hidden_size"),
            IntermediateSize = file.Size("intermediate_size"),
            NumHiddenLayers = file.Size("num_hidden_layers"),
            NumAttentionHeads = file.Size("num_attention_heads"),
            MaxPositionEmbeddings = file.OptionalSize("max_position_embeddings") ?? 512,
            TypeVocabSize = file.OptionalSize("type_vocab_size") ?? 2,
            HiddenAct = Activation.Read(file, "hidden_act", "gelu"),
            LayerNormEps = file.Positive("layer_norm_eps", 1e-12, orZero: true),
            PadTokenId = file.TokenIds("pad_token_id") is [int padding, ..] ? padding : isRoberta ? 1 : 0,
            CountsFromPadding = isRoberta,
            Labels = ClassLabels.Read(file, classes),
        };
        config.Check(file.Source);
        return config;
    }

    internal void Check(string source)
    {
        if (HiddenSize % NumAttentionHeads != 0)
        {
            throw new InvalidDataException($"'{source}': num_attention_heads is {NumAttentionHeads}, which does not divide hidden_size, {HiddenSize}.");
        }

        if (PadTokenId < 0 || MaxSequenceLength < 1)
        {
            throw new InvalidDataException($"'{source}': pad_token_id is {PadTokenId}, which leaves no position of {MaxPositionEmbeddings}.");
        }
    }
}
