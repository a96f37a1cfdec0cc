using TorchSharp;

namespace Lora.Benchmarks;

/// <summary>The next token of one sequence by libtorch, at a fixed position, over a cache of the positions before it.</summary>
internal sealed class TorchDecode : IWork
{
    private readonly DisposeScope _scope = torch.NewDisposeScope();
    private readonly TorchLlama _model;
    private readonly TorchCache[] _caches;
    private readonly torch.Tensor _token;
    private readonly int _position;

    public TorchDecode(LlamaCase one, int position, bool inFirst, torch.ScalarType type)
    {
        _position = position;
        _model = new TorchLlama(one.Config, inFirst, type);
        _caches = [.. _model.Layers.Select(_ => new TorchCache(one.Config.NumKeyValueHeads, one.Config.MaxPositionEmbeddings, one.Config.HeadDim, type))];
        _token = torch.tensor([1L], torch.int64);
    }

    public void Run()
    {
        using var scope = torch.NewDisposeScope();
        using var mode = torch.inference_mode();
        torch.Tensor logits = _model.Next(_token, _position, _caches);
        _token.copy_(logits.argmax(1));
    }

    public void Dispose() => _scope.Dispose();
}
