using Lora.Models;
using TorchSharp;

namespace Lora.Benchmarks;

/// <summary>A decoder layer of a Llama in libtorch. Rows are positions: [batch · length, width].</summary>
internal sealed class TorchLlamaLayer
{
    private readonly LlamaConfig _config;
    private readonly TorchRmsNorm _inputNorm;
    private readonly TorchRmsNorm _attentionNorm;
    private readonly TorchLinear _q;
    private readonly TorchLinear _k;
    private readonly TorchLinear _v;
    private readonly TorchLinear _o;
    private readonly TorchLinear _gate;
    private readonly TorchLinear _up;
    private readonly TorchLinear _down;

    public TorchLlamaLayer(LlamaConfig config, bool inFirst, torch.ScalarType type)
    {
        _config = config;
        (int width, int inner, int heads, int kvHeads) =
            (config.HiddenSize, config.IntermediateSize, config.NumAttentionHeads * config.HeadDim, config.NumKeyValueHeads * config.HeadDim);
        _inputNorm = new(width, type);
        _attentionNorm = new(width, type);
        _q = new(width, heads, inFirst, type);
        _k = new(width, kvHeads, inFirst, type);
        _v = new(width, kvHeads, inFirst, type);
        _o = new(heads, width, inFirst, type);
        _gate = new(width, inner, inFirst, type);
        _up = new(width, inner, inFirst, type);
        _down = new(inner, width, inFirst, type);
    }

    /// <summary>The linear layers by the last part of their names.</summary>
    public IEnumerable<(string Name, TorchLinear Linear)> Linears =>
        [("q_proj", _q), ("k_proj", _k), ("v_proj", _v), ("o_proj", _o), ("gate_proj", _gate), ("up_proj", _up), ("down_proj", _down)];

    /// <summary>Whole sequences, without a cache.</summary>
    public torch.Tensor Forward(torch.Tensor x, int batch, torch.Tensor angles)
    {
        (torch.Tensor q, torch.Tensor k, torch.Tensor v) = Project(_inputNorm.Forward(x), batch, angles);
        return FeedForward(x + _o.Forward(Attend(q, k, v, causal: true)));
    }

    /// <summary>One more position, with the keys and values of those before it.</summary>
    public torch.Tensor Next(torch.Tensor x, int position, torch.Tensor angle, TorchCache cache)
    {
        (torch.Tensor q, torch.Tensor k, torch.Tensor v) = Project(_inputNorm.Forward(x), 1, angle);
        (k, v) = cache.Append(k, v, position);
        return FeedForward(x.add_(_o.Forward(Attend(q, k, v, causal: false))));
    }

    private (torch.Tensor Q, torch.Tensor K, torch.Tensor V) Project(torch.Tensor x, int batch, torch.Tensor angles) => (
        TorchRotary.Turn(Heads(_q.Forward(x), batch, _config.NumAttentionHeads), angles),
        TorchRotary.Turn(Heads(_k.Forward(x), batch, _config.NumKeyValueHeads), angles),
        Heads(_v.Forward(x), batch, _config.NumKeyValueHeads));

    private torch.Tensor FeedForward(torch.Tensor x)
    {
        torch.Tensor normed = _attentionNorm.Forward(x);
        return x + _down.Forward(torch.nn.functional.silu(_gate.Forward(normed)) * _up.Forward(normed));
    }

    // [batch · length, heads · d] → [batch, heads, length, d]
    private torch.Tensor Heads(torch.Tensor x, int batch, int heads) => x.view(batch, -1, heads, _config.HeadDim).transpose(1, 2);

    private torch.Tensor Attend(torch.Tensor q, torch.Tensor k, torch.Tensor v, bool causal)
    {
        int group = _config.NumAttentionHeads / _config.NumKeyValueHeads;
        if (group > 1)
        {
            k = k.repeat_interleave(group, dim: 1);
            v = v.repeat_interleave(group, dim: 1);
        }

        torch.Tensor y = torch.nn.functional.scaled_dot_product_attention(q, k, v, is_casual: causal);
        return y.transpose(1, 2).reshape(-1, _config.NumAttentionHeads * _config.HeadDim);
    }
}
