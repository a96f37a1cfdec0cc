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

public sealed partial class StepSum
{
    [Differentiable]
    public Tensor Forward(Tensor a, Tensor b) => a + Nn.Reshape(b, a.Shape);
}

/// <summary>Two blocks, which are models of their own too.</summary>
public sealed partial class StepPair(StepBlock first, StepBlock second)
{
    private readonly StepBlock _first = first;
    private readonly StepBlock _second = second;

    public IEnumerable<StepBlock> Blocks => [_first, _second];

    [Differentiable]
    public Tensor Forward(Tensor x) => _second.Forward(_first.Forward(x));
}

/// <summary>A block with a norm that is trained in full.</summary>
public sealed partial class StepNorm
{
    [Trainable] private readonly RmsNorm _norm = new(4);
    [Trainable] private readonly Linear _head = new(4, 4);

    public RmsNorm Norm => _norm;

    public Linear Head => _head;

    [Differentiable]
    public float Loss(Tensor x, Tensor target) => Nn.MseLoss(_head.Forward(_norm.Forward(x)), target);
}

/// <summary>One layer under two names, marked under the second.</summary>
public sealed partial class StepShared(Linear layer, StepNorm norm)
{
    private readonly Linear _first = layer;
    [Lora(Rank = 2, Alpha = 3)] private readonly Linear _second = layer;
    private readonly StepBlock _block = new();
    private readonly Inner _inner = new(norm);
    [Trainable] private readonly StepNorm _norm = norm;

    [Differentiable]
    public float Loss(Tensor x, Tensor target) => Nn.MseLoss(_block.Forward(_second.Forward(_first.Forward(x))), target) + _norm.Loss(x, target) + _inner.Loss(x, target);

    public sealed partial class Inner(StepNorm norm)
    {
        private readonly StepNorm _norm = norm;

        [Differentiable]
        public float Loss(Tensor x, Tensor target) => _norm.Loss(x, target);
    }
}

/// <summary>A layer that may be set at any time.</summary>
public sealed partial class StepSettable
{
    [Lora(Rank = 2, Alpha = 3)] public partial Linear Head { get; set; }

    [Differentiable]
    public float Loss(Tensor x, Tensor target) => Nn.MseLoss(Head.Forward(x), target);
}

/// <summary>A layer for each kind of adapter.</summary>
public sealed partial class StepVariants
{
    [Lora(Rank = 2, Alpha = 3, UseDora = true)] private readonly Embedding _table = new(5, 6);
    [Lora(Rank = 3, Alpha = 2, UseDora = true, Dropout = 0.25f, UseRsLora = true)] private readonly Linear _first = new(6, 7);
    [Lora(Rank = 2, Alpha = 3, Dropout = 0.5f, Init = LoraInit.Gaussian)] private readonly Linear _second = new(7, 7);

    [Differentiable]
    public float Loss(ReadOnlySpan<int> ids, Tensor target) =>
        Nn.MseLoss(_second.Forward(Nn.Dropout(_second.Forward(Nn.Tanh(_first.Forward(_table.Forward(ids)))), 0.1f)), target);
}
