namespace Lora.Testing.Tests;

/// <summary>Operations with derivatives that tests make wrong.</summary>
public static class FaultyOperations
{
    /// <summary>The factor of the derivative of <see cref="Square"/>: 2 is right.</summary>
    public static float Factor { get; set; } = 2;

    /// <summary>A layer whose weights the derivative of <see cref="Copy"/> changes.</summary>
    public static Linear? Touched { get; set; }

    [Derivative(nameof(SquareBackward), Reads = Reads.Inputs, Into = nameof(SquareInto))]
    public static Tensor Square(Tensor x) => Operation.Run(SquareInto, x, x.Shape);

    public static void SquareInto(Tensor x, Tensor result)
    {
        for (int i = 0; i < x.Length; i++)
        {
            result.Span[i] = x.Span[i] * x.Span[i];
        }
    }

    public static void SquareBackward(Tensor x, Tensor gradResult, Tensor gradX)
    {
        for (int i = 0; i < x.Length; i++)
        {
            gradX.Span[i] += Factor * x.Span[i] * gradResult.Span[i];
        }
    }

    [Derivative(nameof(HalfProductBackward), Reads = Reads.Inputs, Into = nameof(HalfProductInto))]
    public static Tensor HalfProduct(Tensor a, Tensor b) => Operation.Run(HalfProductInto, a, b, a.Shape);

    public static void HalfProductInto(Tensor a, Tensor b, Tensor result)
    {
        for (int i = 0; i < a.Length; i++)
        {
            result.Span[i] = a.Span[i] * b.Span[i];
        }
    }

    // The gradient of b is forgotten.
    public static void HalfProductBackward(Tensor a, Tensor b, Tensor gradResult, Tensor gradA, Tensor gradB)
    {
        for (int i = 0; i < a.Length; i++)
        {
            gradA.Span[i] += gradResult.Span[i] * b.Span[i];
        }

        _ = gradB.Length;
    }

    [Derivative(nameof(CopyBackward), Into = nameof(CopyInto))]
    public static Tensor Copy(Tensor x) => Operation.Run(CopyInto, x, x.Shape);

    public static void CopyInto(Tensor x, Tensor result) => x.Span.CopyTo(result.Span);

    public static void CopyBackward(Tensor gradResult, Tensor gradX)
    {
        for (int i = 0; i < gradResult.Length; i++)
        {
            gradX.Span[i] += gradResult.Span[i];
        }

        if (Touched is { } layer)
        {
            Tensor weight = Tensor.Zeros(layer.OutFeatures, layer.InFeatures);
            layer.CopyWeightTo(weight);
            weight.Span[0] += 1e-4f;
            layer.SetWeight(weight);
        }
    }
}

public sealed partial class SquareModel
{
    [Lora(Rank = 2, Alpha = 3)] private readonly Linear _a = new(4, 4);

    [Differentiable]
    public float Loss(Tensor x, Tensor target) => Nn.MseLoss(FaultyOperations.Square(_a.Forward(x)), target);
}

public sealed partial class HalfProductModel
{
    [Lora(Rank = 2, Alpha = 3)] private readonly Linear _a = new(4, 4);

    [Differentiable]
    public float Loss(Tensor x, Tensor target)
    {
        Tensor h = _a.Forward(x);
        return Nn.MseLoss(FaultyOperations.HalfProduct(h, Nn.Tanh(h)), target);
    }
}

public sealed partial class TouchedModel
{
    private readonly Linear _frozen = new(4, 4);
    [Lora(Rank = 2, Alpha = 3)] private readonly Linear _a = new(4, 4);

    public Linear Frozen => _frozen;

    [Differentiable]
    public float Loss(Tensor x, Tensor target) => Nn.MseLoss(FaultyOperations.Copy(_a.Forward(_frozen.Forward(x))), target);
}
