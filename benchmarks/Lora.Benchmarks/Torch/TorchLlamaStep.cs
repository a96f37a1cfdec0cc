using TorchSharp;

namespace Lora.Benchmarks;

/// <summary>A training step of the Llama by libtorch: forward, cross-entropy, backward, AdamW over the adapters.</summary>
internal sealed class TorchLlamaStep : IWork
{
    private readonly DisposeScope _scope = torch.NewDisposeScope();
    private readonly TorchLlama _model;
    private readonly torch.Tensor _tokens;
    private readonly torch.Tensor _targets;
    private readonly int _batch;
    private readonly TorchSharp.Modules.AdamW _adam;

    public TorchLlamaStep(LlamaCase one, bool inFirst)
    {
        _model = new TorchLlama(one.Config, inFirst);
        var parameters = new List<TorchSharp.Modules.Parameter>();
        foreach ((string name, TorchLinear linear) in _model.Layers.SelectMany(layer => layer.Linears))
        {
            if (one.TargetModules.Contains(name))
            {
                linear.Adapt(LlamaCase.Rank);
                parameters.AddRange(linear.Parameters);
            }
        }

        _batch = one.Batch;
        _tokens = torch.tensor(one.Tokens, torch.int64);
        _targets = torch.tensor(one.Targets, torch.int64);
        _adam = torch.optim.AdamW(parameters, lr: 1e-4);
    }

    public void Run()
    {
        using var scope = torch.NewDisposeScope();
        torch.Tensor loss = _model.Loss(_tokens, _targets, _batch);
        loss.backward();
        _adam.step();
        _adam.zero_grad();
        Finite.Check(loss.item<float>());
    }

    public void Dispose()
    {
        _adam.Dispose();
        _scope.Dispose();
    }
}
