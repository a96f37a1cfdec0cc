namespace Lora.Testing.Tests;

/// <summary>Two layers with adapters of different ranks, and a frozen norm.</summary>
public sealed partial class ProofModel
{
    [Lora(Rank = 2, Alpha = 3)] private readonly Linear _up = new(4, 4);
    [Lora(Rank = 2, Alpha = 2)] private readonly Linear _down = new(4, 4);
    private readonly RmsNorm _norm = new(4);

    public RmsNorm Norm => _norm;

    [Differentiable]
    public float Loss(Tensor x, Tensor target) => Nn.MseLoss(_down.Forward(Nn.Silu(_norm.Forward(_up.Forward(x)))), target);
}

public sealed partial class DropoutModel
{
    [Lora(Rank = 2, Alpha = 3)] private readonly Linear _up = new(4, 8);
    private readonly Linear _down = new(8, 4);

    [Differentiable]
    public float Loss(Tensor x, Tensor target) => Nn.MseLoss(_down.Forward(Nn.Dropout(_up.Forward(x), 0.5f)), target);
}

public sealed partial class KinkModel
{
    [Lora(Rank = 2, Alpha = 3)] private readonly Linear _up = new(4, 16);
    [Lora(Rank = 2, Alpha = 3)] private readonly Linear _down = new(16, 4);

    [Differentiable]
    public float Loss(Tensor x, Tensor target) => Nn.MaeLoss(_down.Forward(Nn.Relu(_up.Forward(x))), target);
}

public sealed partial class PlainModel
{
    private readonly Linear _up = new(4, 4);

    [Differentiable]
    public float Loss(Tensor x, Tensor target) => Nn.MseLoss(_up.Forward(x), target);
}

public sealed partial class UnusedModel
{
    [Lora(Rank = 2, Alpha = 3)] private readonly Linear _first = new(4, 4);
    [Lora(Rank = 2, Alpha = 3)] private readonly Linear _second = new(4, 4);

    [Differentiable]
    public float Loss(Tensor x, Tensor target, bool useSecond)
    {
        Tensor h = _first.Forward(x);
        return Nn.MseLoss(useSecond ? _second.Forward(h) : h, target);
    }
}

/// <summary>A model whose scaling is 1, so that one who forgets it is right by chance.</summary>
public sealed partial class CoincidenceModel
{
    [Lora(Rank = 4, Alpha = 4)] private readonly Linear _a = new(4, 4);

    [Differentiable]
    public Tensor Forward(Tensor x) => _a.Forward(x);

    [Differentiable]
    public float Loss(Tensor x, Tensor target) => Nn.MseLoss(Forward(x), target);

    /// <summary>The layer with its adapter folded in, by a factor for W and another scaling.</summary>
    public Linear BadlyMerged(float baseFactor, float? scaling)
    {
        UnmergeAdapters();
        (Tensor weight, Tensor bias) = (Tensor.Zeros(4, 4), Tensor.Zeros(4));
        _a.CopyWeightTo(weight);
        _a.CopyBiasTo(bias.Span);
        Tensor delta = Nn.Transpose(Nn.MatMul(A.A.Value, A.B.Value), 0, 1);
        Linear merged = Linear.From((weight * baseFactor) + (delta * (scaling ?? A.Scaling)), bias);
        MergeAdapters();
        return merged;
    }
}
