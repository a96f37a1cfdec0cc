namespace Lora.Generators.Tests;

/// <summary>Calls of other differentiable methods: of the class, of submodels, of static classes.</summary>
public class CallTests
{
    [Fact]
    public void Submodel() => new ProgramCheck(
        """
        using Lora;

        namespace Nested;

        public sealed partial class Block(int dim)
        {
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _fc = new(dim, dim);

            [Differentiable]
            public Tensor Forward(Tensor x) => Nn.Relu(_fc.Forward(x)) + x;
        }

        public sealed partial class Model
        {
            private readonly Block _first = new(4);
            private readonly Block _second = new(4);
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _head = new(4, 2);

            [Differentiable]
            public float Loss(Tensor x, Tensor target) => Nn.MseLoss(_head.Forward(_second.Forward(_first.Forward(x))), target);
        }
        """,
        "new Model()").Verify(Inputs.Normal(1, 5, 4), Inputs.Normal(2, 5, 2));

    [Fact]
    public void OneSubmodelTwice() => new ProgramCheck(
        """
        using Lora;

        public sealed partial class Block(int dim)
        {
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _fc = new(dim, dim);

            [Differentiable]
            public Tensor Forward(Tensor x) => Nn.Relu(_fc.Forward(x)) + x;
        }

        public sealed partial class Model
        {
            private readonly Block _block = new(4);

            [Differentiable]
            public float Loss(Tensor x, Tensor target)
            {
                Tensor h = _block.Forward(x);
                h = _block.Forward(_block.Forward(h) + x);
                return Nn.MseLoss(h, target);
            }
        }
        """,
        "new Model()").Verify(Inputs.Normal(1, 5, 4), Inputs.Normal(2, 5, 4));

    [Fact]
    public void OneSubmodelUnderTwoNames() => new ProgramCheck(
        """
        using Lora;

        public sealed partial class Block(int dim)
        {
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _fc = new(dim, dim);

            [Differentiable]
            public Tensor Forward(Tensor x) => Nn.Relu(_fc.Forward(x)) + x;
        }

        public sealed partial class Model
        {
            private readonly Block _first;
            private readonly Block _second;

            public Model()
            {
                _first = new Block(4);
                _second = _first;
            }

            [Differentiable]
            public float Loss(Tensor x, Tensor target) => Nn.MseLoss(_second.Forward(_first.Forward(x)), target);
        }
        """,
        "new Model()").Verify(Inputs.Normal(1, 5, 4), Inputs.Normal(2, 5, 4));

    [Fact]
    public void OneLayerUnderTwoNames() => new ProgramCheck(
        """
        using Lora;

        public sealed partial class Model
        {
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _first;
            private readonly Linear _second;

            public Model()
            {
                _first = new Linear(4, 4);
                _second = _first;
            }

            [Differentiable]
            public float Loss(Tensor x, Tensor target) => Nn.MseLoss(_second.Forward(Nn.Relu(_first.Forward(x))), target);
        }
        """,
        "new Model()").Verify(Inputs.Normal(1, 5, 4), Inputs.Normal(2, 5, 4));

    [Fact]
    public void StaticHelper() => new ProgramCheck(
        """
        using Lora;

        public static partial class Residual
        {
            [Differentiable]
            public static Tensor Join(Tensor x, Tensor y, bool twice)
            {
                Tensor sum = x + y;
                if (twice)
                {
                    sum += y;
                }

                return Nn.Relu(sum);
            }

            [Differentiable]
            internal static float Distance(Tensor a, Tensor b) => Nn.MseLoss(a, b);
        }

        public sealed partial class Model
        {
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _fc = new(4, 4);

            [Differentiable]
            public float Loss(Tensor x, Tensor target) =>
                Residual.Distance(Residual.Join(Residual.Join(_fc.Forward(x), x, false), _fc.Forward(x), twice: true), target);
        }
        """,
        "new Model()").Verify(Inputs.Normal(1, 5, 4), Inputs.Normal(2, 5, 4));

    [Fact]
    public void Overloads() => new ProgramCheck(
        """
        using Lora;

        public sealed partial class Model
        {
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _fc = new(4, 4);

            [Differentiable]
            public Tensor Forward(Tensor x) => Nn.Relu(_fc.Forward(x));

            [Differentiable]
            public Tensor Forward(Tensor x, Tensor y) => Forward(x) + Forward(y);

            [Differentiable]
            public Tensor Forward(Tensor x, int times)
            {
                for (int i = 0; i < times; i++)
                {
                    x = x + Forward(x);
                }

                return x;
            }

            [Differentiable]
            public float Loss(Tensor x, Tensor target) => Nn.MseLoss(Forward(x, target) + Forward(x, 2), target);
        }
        """,
        "new Model()").Verify(Inputs.Normal(1, 5, 4), Inputs.Normal(2, 5, 4));

    [Fact]
    public void LossOfSubmodel() => new ProgramCheck(
        """
        using Lora;

        public sealed partial class Inner
        {
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _fc = new(4, 4);

            [Differentiable]
            public float Loss(Tensor x, Tensor target) => Nn.MseLoss(_fc.Forward(x), target);

            [Differentiable]
            public Tensor Forward(Tensor x) => _fc.Forward(x);
        }

        public sealed partial class Model
        {
            private readonly Inner _inner = new();

            [Differentiable]
            public float Loss(Tensor x, Tensor target)
            {
                float first = _inner.Loss(x, target);
                float second = _inner.Loss(_inner.Forward(x), x);
                return first + 0.5f * second;
            }
        }
        """,
        "new Model()").Verify(Inputs.Normal(1, 5, 4), Inputs.Normal(2, 5, 4));

    [Fact]
    public void SubmodelThroughProperties() => new ProgramCheck(
        """
        using Lora;

        public sealed partial class Inner
        {
            [Lora(Rank = 2, Alpha = 3)] public Linear Fc { get; } = new(4, 4);

            [Differentiable]
            public Tensor Forward(Tensor x) => Fc.Forward(x);
        }

        public sealed partial class Model
        {
            public Inner Inner { get; } = new();

            [Lora(Rank = 2, Alpha = 3)]
            public partial Linear Out { get; init; }

            public Model() => Out = new Linear(4, 4);

            [Differentiable]
            public float Loss(Tensor x, Tensor target) => Nn.MseLoss(Out.Forward(Inner.Forward(x) + Inner.Fc.Forward(x)), target);
        }
        """,
        "new Model()").Verify(Inputs.Normal(1, 5, 4), Inputs.Normal(2, 5, 4));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void CalleeReturnsItsArgument(bool first) => new ProgramCheck(
        """
        using Lora;

        public sealed partial class Model
        {
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _a = new(4, 4);

            [Differentiable]
            public Tensor Pick(Tensor a, Tensor b, bool first)
            {
                if (first)
                {
                    return a;
                }

                return Nn.Tanh(b);
            }

            [Differentiable]
            public Tensor Forward(Tensor x, bool first)
            {
                Tensor kept = _a.Forward(x);
                Tensor unused = Pick(kept, x, first);
                Tensor used = Nn.Tanh(Pick(kept, x, first));
                for (int i = 0; i < 2; i++)
                {
                    Tensor picked = Pick(kept, used, first);
                    used = Nn.Tanh(used + 0.5f) + 1;
                }

                return kept + used;
            }
        }
        """,
        "new Model()")
    { Method = "Forward" }.Verify(Inputs.Normal(1, 5, 4), first);

    [Fact]
    public void OwnMethods() => new ProgramCheck(
        """
        using Lora;

        public sealed partial class Model
        {
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _fc = new(4, 4);

            [Differentiable]
            public float Loss(Tensor x, Tensor target)
            {
                Tensor h = Encode(x);
                h = this.Encode(h);
                return Distance(h, Encode(target));
            }

            [Differentiable]
            private Tensor Encode(Tensor x) => Nn.Relu(_fc.Forward(x)) + x;

            [Differentiable]
            private static float Distance(Tensor a, Tensor b) => Nn.MseLoss(a, b);
        }
        """,
        "new Model()").Verify(Inputs.Normal(1, 5, 4), Inputs.Normal(2, 5, 4));

    [Fact]
    public void CallsOutOfOrderWithNamedAndDefaultArguments() => new ProgramCheck(
        """
        using Lora;

        public sealed partial class Model
        {
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _a = new(4, 4);
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _b = new(4, 4);

            [Differentiable]
            private Tensor Mix(Tensor a, Tensor b, int times = 2, bool activate = true)
            {
                for (int i = 0; i < times; i++)
                {
                    a = activate ? Nn.Relu(_a.Forward(a)) : _a.Forward(a);
                }

                return a + _b.Forward(b);
            }

            [Differentiable]
            public float Loss(Tensor x, Tensor target) =>
                Nn.MseLoss(target: target, prediction: Mix(b: Nn.Relu(x), a: Mix(x, target, activate: false), times: 1));
        }
        """,
        "new Model()").Verify(Inputs.Normal(1, 5, 4), Inputs.Normal(2, 5, 4));
}
