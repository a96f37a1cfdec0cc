namespace Lora.Benchmarks;

/// <summary>One adapted layer with a loss, as a user writes it.</summary>
internal interface ILoraLayer : ILoraModel
{
    Tensor Forward(Tensor x);

    Tensor ForwardFrozen(Tensor x);

    float LossAndGradients(Tensor x, Tensor target);

    Tensor GradientOfInput(Tensor x, Tensor target, Tensor gradY);
}

/// <summary>A layer with an adapter of rank 8.</summary>
internal sealed partial class LoraLayer8(int width) : ILoraLayer
{
    [Lora(Rank = 8, Alpha = 16)]
    private readonly Linear _proj = new(width, width);

    [Differentiable]
    public Tensor Forward(Tensor x) => _proj.Forward(x);

    [Differentiable]
    public float Loss(Tensor x, Tensor target) => Nn.MseLoss(Forward(x), target);

    public Tensor ForwardFrozen(Tensor x) => _proj.ForwardFrozen(x);

    /// <summary>A step that also gives ∂L/∂x; <paramref name="gradY"/> takes ∂L/∂y.</summary>
    public Tensor GradientOfInput(Tensor x, Tensor target, Tensor gradY)
    {
        var forward = ForwardWithPullback(x);
        SquaredError.Gradient(forward.Value, target, gradY);
        return forward.Backward(gradY);
    }
}

/// <summary>A layer with an adapter of rank 16.</summary>
internal sealed partial class LoraLayer16(int width) : ILoraLayer
{
    [Lora(Rank = 16, Alpha = 32)]
    private readonly Linear _proj = new(width, width);

    [Differentiable]
    public Tensor Forward(Tensor x) => _proj.Forward(x);

    [Differentiable]
    public float Loss(Tensor x, Tensor target) => Nn.MseLoss(Forward(x), target);

    public Tensor ForwardFrozen(Tensor x) => _proj.ForwardFrozen(x);

    /// <inheritdoc cref="LoraLayer8.GradientOfInput"/>
    public Tensor GradientOfInput(Tensor x, Tensor target, Tensor gradY)
    {
        var forward = ForwardWithPullback(x);
        SquaredError.Gradient(forward.Value, target, gradY);
        return forward.Backward(gradY);
    }
}
