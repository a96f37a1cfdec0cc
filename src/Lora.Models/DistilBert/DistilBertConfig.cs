namespace Lora.Models;

/// <summary>
/// The dimensions and settings of a DistilBERT (Sanh et al. 2019, "DistilBERT, a distilled version of BERT") that sorts texts into classes.
/// </summary>
public sealed record DistilBertConfig
{
    /// <summary>The number of tokens.</summary>
    public required int VocabSize { get; init; }

    /// <summary>The width of the residual stream.</summary>
    public required int Dim { get; init; }

    /// <summary>The width inside a feed-forward block.</summary>
    public required int HiddenDim { get; init; }

    /// <summary>The number of layers.</summary>
    public required int Layers { get; init; }

    /// <summary>The number of heads, which divides the width.</summary>
    public required int Heads { get; init; }

    /// <summary>The rows of the table of positions.</summary>
    public required int MaxPositionEmbeddings { get; init; }

    /// <summary>The activation of the feed-forward block.</summary>
    public ActivationFunction Activation { get; init; } = ActivationFunction.Gelu;

    /// <summary>The token that fills up shorter sequences.</summary>
    public int PadTokenId { get; init; }

    /// <summary>The names of the classes.</summary>
    public required IReadOnlyList<string> Labels { get; init; }

    /// <summary>The longest sequence that the model takes.</summary>
    public int MaxSequenceLength => MaxPositionEmbeddings;

    internal static DistilBertConfig Read(ConfigFile file, int? classes)
    {
        file.Require("quantization_config", file.Find("quantization_config") is null, "null: weights in float32, float16 or bfloat16");
        var config = new DistilBertConfig
        {
            VocabSize = file.Size("vocab_size"),
            Dim = file.Size("dim"),
            HiddenDim = file.Size("hidden_dim"),
            Layers = file.Size("n_layers"),
            Heads = file.Size("n_heads"),
            MaxPositionEmbeddings = file.OptionalSize("max_position_embeddings") ?? 512,
            Activation = Models.Activation.Read(file, "activation", "gelu"),
            PadTokenId = file.TokenIds("pad_token_id") is [int padding, ..] ? padding : 0,
            Labels = ClassLabels.Read(file, classes),
        };
        config.Check(file.Source);
        return config;
    }

    internal void Check(string source)
    {
        if (Dim % Heads != 0)
        {
            throw new InvalidDataException($"'{source}': n_heads is {Heads}, which does not divide dim, {Dim}.");
        }
    }
}
