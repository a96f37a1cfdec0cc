using Lora.Models;
using TorchSharp;

namespace Lora.Benchmarks;

/// <summary>The same Llama in libtorch, written as fast as TorchSharp allows: fused attention, adapters added in place.</summary>
internal sealed class TorchLlama
{
    private readonly torch.Tensor _embedding;
    private readonly TorchRmsNorm _norm;
    private readonly TorchLinear _head;
    private readonly torch.Tensor _angles;

    public TorchLlama(LlamaConfig config, bool inFirst, torch.ScalarType type = torch.ScalarType.Float32)
    {
        Config = config;
        Type = type;
        _embedding = torch.randn(config.VocabSize, config.HiddenSize).to_type(type);
        Layers = [.. Enumerable.Range(0, config.NumHiddenLayers).Select(_ => new TorchLlamaLayer(config, inFirst, type))];
        _norm = new(config.HiddenSize, type);
        _head = new(config.HiddenSize, config.VocabSize, inFirst, type);
        _angles = TorchRotary.Angles(config.MaxPositionEmbeddings, config.HeadDim, config.RopeTheta);
    }

    public LlamaConfig Config { get; }

    public torch.ScalarType Type { get; }

    public IReadOnlyList<TorchLlamaLayer> Layers { get; }

    /// <summary>The mean cross-entropy of whole sequences.</summary>
    public torch.Tensor Loss(torch.Tensor tokens, torch.Tensor targets, int batch)
    {
        torch.Tensor angles = _angles.narrow(0, 0, tokens.shape[0] / batch);
        torch.Tensor x = _embedding.index_select(0, tokens);
        foreach (TorchLlamaLayer layer in Layers)
        {
            x = layer.Forward(x, batch, angles);
        }

        return torch.nn.functional.cross_entropy(_head.Forward(_norm.Forward(x)), targets);
    }

    /// <summary>The logits after one more token.</summary>
    public torch.Tensor Next(torch.Tensor token, int position, IReadOnlyList<TorchCache> caches)
    {
        torch.Tensor angle = _angles.narrow(0, position, 1);
        torch.Tensor x = _embedding.index_select(0, token);
        for (int i = 0; i < Layers.Count; i++)
        {
            x = Layers[i].Next(x, position, angle, caches[i]);
        }

        return _head.Forward(_norm.Forward(x));
    }
}
