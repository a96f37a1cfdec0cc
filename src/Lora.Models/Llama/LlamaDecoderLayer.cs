namespace Lora.Models;

/// <summary>One layer: attention and feed-forward block, each after a normalisation and added to what came in.</summary>
/// <param name="config">The model's dimensions.</param>
/// <param name="rotary">The angles of the positions, which all layers share.</param>
internal sealed partial class LlamaDecoderLayer(LlamaConfig config, RotaryEmbedding rotary)
{
    private readonly RmsNorm _inputLayernorm = new(config.HiddenSize, config.RmsNormEps);
    private readonly LlamaAttention _selfAttn = new(config, rotary);
    private readonly RmsNorm _postAttentionLayernorm = new(config.HiddenSize, config.RmsNormEps);
    private readonly LlamaMlp _mlp = new(config);

    [Differentiable]
    public Tensor Forward(Tensor x)
    {
        x = x + _selfAttn.Forward(_inputLayernorm.Forward(x));
        return x + _mlp.Forward(_postAttentionLayernorm.Forward(x));
    }

    /// <summary>The same for positions that come after those of the cache, which takes them up.</summary>
    public Tensor Next(Tensor x, KeyValueCache cache)
    {
        x = x + _selfAttn.Next(_inputLayernorm.Forward(x), cache);
        return x + _mlp.Forward(_postAttentionLayernorm.Forward(x));
    }

    /// <summary>The same, made again in the backward pass in place of being saved.</summary>
    [Differentiable(Checkpoint = true)]
    public Tensor ForwardCheckpointed(Tensor x) => Forward(x);
}
