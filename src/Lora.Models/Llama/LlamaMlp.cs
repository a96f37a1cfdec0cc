namespace Lora.Models;

/// <summary>The feed-forward block: SwiGLU (Shazeer 2020, "GLU Variants Improve Transformer").</summary>
/// <param name="config">The model's dimensions.</param>
internal sealed partial class LlamaMlp(LlamaConfig config)
{
    private readonly Linear _gateProj = new(config.HiddenSize, config.IntermediateSize, config.MlpBias);
    private readonly Linear _upProj = new(config.HiddenSize, config.IntermediateSize, config.MlpBias);
    private readonly Linear _downProj = new(config.IntermediateSize, config.HiddenSize, config.MlpBias);

    [Differentiable]
    public Tensor Forward(Tensor x) => _downProj.Forward(Nn.SwiGlu(_gateProj.Forward(x), _upProj.Forward(x)));
}
