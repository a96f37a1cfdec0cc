namespace Lora.Models.Tests;

/// <summary>One adapted layer and a nonlinearity.</summary>
public sealed partial class StepBlock
{
    [Lora(Rank = 2, Alpha = 3)] private readonly Linear _lin = new(4, 4);

    [Differentiable]
    public Tensor Forward(Tensor x) => Nn.Tanh(_lin.Forward(x));

    [Differentiable]
    public float Loss(Tensor x, Tensor target) => Nn.MseLoss(Forward(x), target);
}

/// <summary>An operation whose derivative does not ask whether its inputs need a gradient.</summary>
public static class PlainProduct
{
    [Derivative(nameof(OfBackward), Reads = Reads.Inputs, Into = nameof(OfInto))]
    public static Tensor Of(Tensor a, Tensor b) => Operation.Run(OfInto, a, b, a.Shape);

    public static void OfInto(Tensor a, Tensor b, Tensor result)
    {
        for (int i = 0; i < result.Length; i++)
        {
            result.Span[i] = a.Span[i] * b.Span[i];
        }
    }

    public static void OfBackward(Tensor a, Tensor b, Tensor gradResult, Tensor gradA, Tensor gradB)
    {
        for (int i = 0; i < a.Length; i++)
        {
            gradA.Span[i] += gradResult.Span[i] * b.Span[i];
            gradB.Span[i] += gradResult.Span[i] * a.Span[i];
        }
    }
}

/// <summary>The user's own operation on what the user passes in, and on a constant.</summary>
public sealed partial class StepProducts
{
    private static readonly Tensor _table = Tensor.RandomNormal(77, 3, 4);

    [Lora(Rank = 2, Alpha = 3)] private readonly Linear _first = new(4, 4);
    [Lora(Rank = 2, Alpha = 3)] private readonly Linear _second = new(4, 4);

    [Differentiable]
    public float Loss(Tensor x, Tensor target)
    {
        Tensor h = PlainProduct.Of(x, _first.Forward(x));
        h = PlainProduct.Of(Nn.Tanh(_second.Forward(h)), target);
        h = PlainProduct.Of(_table, h);
        return Nn.MseLoss(_second.Forward(h), target);
    }
}
