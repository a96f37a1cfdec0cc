using Lora;

namespace QuickStart;

/// <summary>The model: one frozen layer with an adapter. The generator writes everything else.</summary>
public sealed partial class Demo(int width)
{
    [Lora(Rank = 8, Alpha = 16, Init = LoraInit.KaimingUniformOverRank)]
    private readonly Linear _proj = new(width, width);

    [Differentiable]
    public Tensor Forward(Tensor x) => _proj.Forward(x);

    [Differentiable]
    public float Loss(Tensor x, Tensor target) => Nn.MseLoss(Forward(x), target);
}
