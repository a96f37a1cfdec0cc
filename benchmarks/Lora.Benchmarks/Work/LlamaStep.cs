using Lora.Models;

namespace Lora.Benchmarks;

/// <summary>A training step of a Llama: forward, cross-entropy, backward, AdamW over the adapters.</summary>
internal sealed class LlamaStep : IWork
{
    private readonly LlamaForCausalLM _model;
    private readonly AdamW _adam;
    private readonly int[] _tokens;
    private readonly int[] _targets;
    private readonly int _batch;

    public LlamaStep(LlamaCase one, bool checkpointsLayers = false)
    {
        _model = new LlamaForCausalLM(one.Config) { CheckpointsLayers = checkpointsLayers };
        _model.ApplyLora(new LoraOptions { Rank = LlamaCase.Rank, Alpha = 2 * LlamaCase.Rank, TargetModules = [.. one.TargetModules] });
        _adam = new AdamW(_model.TrainableParameters, learningRate: 1e-4f);
        (_tokens, _targets, _batch) = (one.Tokens, one.Targets, one.Batch);
    }

    /// <summary>What the model holds.</summary>
    public ModelMemory Memory => ModelMemory.Of(_model, _adam);

    public void Run()
    {
        Finite.Check(_model.LossAndGradients(_tokens, _targets, _batch));
        _adam.Step();
        _adam.ZeroGrad();
    }

    public void Dispose()
    {
    }
}
