namespace Lora.Models;

/// <summary>The body of a Llama: embedding, decoder layers, and the last normalisation.</summary>
internal sealed partial class LlamaModel
{
    private readonly Embedding _embedTokens;
    private readonly LlamaDecoderLayer[] _layers;
    private readonly RmsNorm _norm;

    public LlamaModel(LlamaConfig config)
    {
        RotaryEmbedding rotary = config.NewRotary();
        _embedTokens = new Embedding(config.VocabSize, config.HiddenSize);
        _layers = new LlamaDecoderLayer[config.NumHiddenLayers];
        for (int i = 0; i < _layers.Length; i++)
        {
            _layers[i] = new LlamaDecoderLayer(config, rotary);
        }

        _norm = new RmsNorm(config.HiddenSize, config.RmsNormEps);
    }

    /// <summary>Whether training saves the input of each layer alone, and runs the layer again in the backward pass.</summary>
    public bool CheckpointsLayers { get; set; }

    [Differentiable]
    public Tensor Forward(ReadOnlySpan<int> tokens, int batch)
    {
        Tensor x = _embedTokens.Forward(tokens, batch);
        foreach (LlamaDecoderLayer layer in _layers)
        {
            x = CheckpointsLayers ? layer.ForwardCheckpointed(x) : layer.Forward(x);
        }

        return _norm.Forward(x);
    }

    [Differentiable]
    public Tensor Project(Tensor x) => Nn.Project(x, _embedTokens);

    /// <summary>The last position alone, for tokens that come after those of the cache, which takes them up.</summary>
    public Tensor Next(ReadOnlySpan<int> tokens, TextCache cache)
    {
        Tensor x = _embedTokens.Forward(tokens, 1);
        for (int i = 0; i < _layers.Length; i++)
        {
            x = _layers[i].Next(x, cache[i]);
        }

        return _norm.Forward(Nn.Slice(x, 1, tokens.Length - 1, 1));
    }
}
