using System.Numerics.Tensors;
using Lora.Models;

namespace Lora.Benchmarks;

/// <summary>Reads one token after a text of fixed length, of which keys and values are kept, and chooses the most likely next.</summary>
internal sealed class Decode : IWork
{
    private readonly LlamaForCausalLM _model;
    private readonly TextCache _cache;
    private readonly int _position;
    private int _token;

    public Decode(LlamaCase one, int position, WeightFormat format)
    {
        _model = new LlamaForCausalLM(one.Config);
        _model.SetWeightFormat(format);
        _position = position;
        _cache = _model.NewCache(position + 1);
        _token = TensorPrimitives.IndexOfMax<float>(_model.Next(one.Tokens.AsSpan(0, position), _cache).Span);
    }

    public void Run()
    {
        _token = TensorPrimitives.IndexOfMax<float>(_model.Next([_token], _cache).Span);
        _cache.Truncate(_position);
    }

    public void Dispose()
    {
    }
}
