namespace Lora.Models.Tests;

/// <summary>Operations that break down where their input does.</summary>
public static class FragileOperations
{
    [Derivative(nameof(RootBackward), Reads = Reads.Result, Into = nameof(RootInto))]
    public static Tensor Root(Tensor x) => Operation.Run(RootInto, x, x.Shape);

    public static void RootInto(Tensor x, Tensor result)
    {
        for (int i = 0; i < x.Length; i++)
        {
            result.Span[i] = MathF.Sqrt(x.Span[i]);
        }
    }

    public static void RootBackward(Tensor result, Tensor gradResult, Tensor gradX)
    {
        for (int i = 0; i < result.Length; i++)
        {
            gradX.Span[i] += gradResult.Span[i] / (2 * result.Span[i]);
        }
    }

    [Derivative(nameof(RefusedBackward), Into = nameof(RefusedInto))]
    public static Tensor Refused(Tensor x) => Operation.Run(RefusedInto, x, x.Shape);

    public static void RefusedInto(Tensor x, Tensor result) => x.Span.CopyTo(result.Span);

    public static void RefusedBackward(Tensor gradResult, Tensor gradX) =>
        throw new NotSupportedException($"No gradient of {gradResult} for {gradX}.");
}

public sealed partial class NumberBlock
{
    [Lora(Rank = 2, Alpha = 3)] private readonly Linear _up = new(4, 4);

    [Differentiable]
    public Tensor Forward(Tensor x, Tensor divisor)
    {
        Tensor h = Nn.Tanh(_up.Forward(x));
        return Nn.Softmax(h / divisor) + x;
    }
}

public sealed partial class NumberModel
{
    private readonly NumberBlock[] _blocks = [new(), new()];
    [Lora(Rank = 2, Alpha = 3)] private readonly Linear _head = new(4, 4);

    public LoraLinear Adapter => Head;

    [Differentiable]
    public Tensor Forward(Tensor x, [NoDerivative] Tensor divisor)
    {
        foreach (NumberBlock block in _blocks)
        {
            x = block.Forward(x, divisor);
        }

        return _head.Forward(x);
    }

    [Differentiable]
    public float Loss(Tensor x, [NoDerivative] Tensor divisor) => Nn.Mean(Forward(x, divisor) * x);

    [Differentiable]
    public float RootLoss(Tensor x)
    {
        Tensor h = Nn.Relu(_head.Forward(x));
        Tensor root = FragileOperations.Root(h);
        return Nn.Mean(root * x);
    }

    [Differentiable]
    public float RefusedLoss(Tensor x) => Nn.Mean(FragileOperations.Refused(_head.Forward(x)) * x);
}
