namespace Lora.Models.Tests;

/// <summary>The textbook demo's model: one layer with an adapter.</summary>
public sealed partial class LinearDemoModel(Tensor weight, Tensor bias)
{
    [Lora(Rank = 8, Alpha = 16)]
    private readonly Linear _linear = Lora.Linear.From(weight, bias);

    [Differentiable]
    public Tensor Forward(Tensor x) => _linear.Forward(x);

    [Differentiable]
    public float Loss(Tensor x, Tensor target) => Nn.MseLoss(Forward(x), target);
}
