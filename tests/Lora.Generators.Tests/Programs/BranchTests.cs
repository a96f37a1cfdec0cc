namespace Lora.Generators.Tests;

/// <summary>Branches on what is known without tensor data.</summary>
public class BranchTests
{
    private static readonly Tensor _x = Inputs.Normal(1, 5, 4);
    private static readonly Tensor _target = Inputs.Normal(2, 5, 4);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void IfOnAField(bool deep) => new ProgramCheck(
        """
        using Lora;

        public sealed partial class Model(bool deep)
        {
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _a = new(4, 4);
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _b = new(4, 4);

            [Differentiable]
            public float Loss(Tensor x, Tensor target)
            {
                Tensor h = _a.Forward(x);
                if (deep)
                {
                    h = Nn.Relu(h);
                    h = _b.Forward(h) + h;
                }

                return Nn.MseLoss(h, target);
            }
        }
        """,
        $"new Model({(deep ? "true" : "false")})")
    { Unused = deep ? [] : ["b.lora_A", "b.lora_B"] }.Verify(_x, _target);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void IfElseOnAnEnum(int mode) => new ProgramCheck(
        """
        using Lora;

        public enum Mode
        {
            Plain,
            Rectified,
            Residual,
        }

        public sealed partial class Model
        {
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _a = new(4, 4);

            [Differentiable]
            public float Loss(Tensor x, Tensor target, Mode mode)
            {
                Tensor h;
                if (mode == Mode.Plain)
                {
                    h = _a.Forward(x);
                }
                else if (mode == Mode.Rectified)
                {
                    h = Nn.Relu(_a.Forward(x));
                }
                else
                {
                    h = _a.Forward(x) + x;
                }

                return Nn.MseLoss(h + h, target);
            }
        }
        """,
        "new Model()").Verify(_x, _target, mode);

    [Theory]
    [InlineData(3)]
    [InlineData(7)]
    public void IfOnAnInt(int size) => new ProgramCheck(
        """
        using Lora;

        public sealed partial class Model
        {
            private readonly int _threshold = 5;
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _a = new(4, 4);

            [Differentiable]
            public float Loss(Tensor x, Tensor target, int size)
            {
                bool isLarge = size > _threshold && x.Shape[0] == 5;
                if (isLarge) x = Nn.Relu(_a.Forward(x)) + x;
                if (!isLarge)
                    x = _a.Forward(x);
                return Nn.MseLoss(x, target);
            }
        }
        """,
        "new Model()").Verify(_x, _target, size);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void OptionalTensor(bool isGiven) => new ProgramCheck(
        """
        using Lora;

        public sealed partial class Model
        {
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _a = new(4, 4);

            [Differentiable]
            public Tensor Forward(Tensor x, Tensor? context = null)
            {
                Tensor h = _a.Forward(x);
                if (context is not null)
                {
                    h = h + Nn.Relu(_a.Forward(context));
                }

                return h;
            }
        }
        """,
        "new Model()")
    { Method = "Forward" }.Verify(_x, isGiven ? _target : null);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void ConditionalExpression(bool flag) => new ProgramCheck(
        """
        using Lora;

        public sealed partial class Model
        {
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _a = new(4, 4);
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _b = new(4, 4);

            [Differentiable]
            public float Loss(Tensor x, Tensor target, bool flag)
            {
                Tensor h = flag ? _a.Forward(x) : x;
                h = _b.Forward(h + (flag ? h : Nn.Relu(_a.Forward(h))));
                return flag ? Nn.MseLoss(h, target) : 2 * Nn.MseLoss(h, x);
            }
        }
        """,
        "new Model()").Verify(_x, _target, flag);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void EarlyReturn(bool early) => new ProgramCheck(
        """
        using Lora;

        public sealed partial class Model
        {
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _a = new(4, 4);
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _b = new(4, 4);

            [Differentiable]
            public float Loss(Tensor x, Tensor target, bool early)
            {
                Tensor h = _a.Forward(x);
                if (early)
                {
                    return Nn.MseLoss(h, target);
                }

                h = Nn.Relu(h);
                return Nn.MseLoss(_b.Forward(h) + x, target);
            }
        }
        """,
        "new Model()")
    { Unused = early ? ["b.lora_A", "b.lora_B"] : [] }.Verify(_x, _target, early);

    [Fact]
    public void AssignedInOneBranchOnly() => new ProgramCheck(
        """
        using Lora;

        public sealed partial class Model
        {
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _a = new(4, 4);

            [Differentiable]
            public float Loss(Tensor x, Tensor target, int n)
            {
                Tensor h = x;
                Tensor g = _a.Forward(x);
                for (int i = 0; i < n; i++)
                {
                    if (i % 2 == 0)
                    {
                        h = _a.Forward(g);
                        g = h + x;
                    }
                    else
                    {
                        g = Nn.Relu(h) + g;
                    }
                }

                return Nn.MseLoss(h + g, target);
            }
        }
        """,
        "new Model()").Verify(_x, _target, 3);

    [Fact]
    public void ConditionThatChangesLater() => new ProgramCheck(
        """
        using Lora;

        public sealed partial class Model
        {
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _a = new(4, 4);

            [Differentiable]
            public float Loss(Tensor x, Tensor target)
            {
                bool active = true;
                int count = 0;
                for (int i = 0; i < 4; i++)
                {
                    if (active)
                    {
                        x = Nn.Relu(_a.Forward(x));
                        count++;
                    }

                    x = _a.Forward(x);
                    active = !active;
                }

                if (count == 2)
                {
                    x += x;
                }

                count = 0;
                active = false;
                return Nn.MseLoss(x, target);
            }
        }
        """,
        "new Model()").Verify(_x, _target);

    [Fact]
    public void ThrowOnBadArguments() => new ProgramCheck(
        """
        using Lora;

        public sealed partial class Model
        {
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _a = new(4, 4);

            [Differentiable]
            public float Loss(Tensor x, Tensor target, int times)
            {
                ArgumentNullException.ThrowIfNull(x);
                if (times < 0)
                {
                    throw new ArgumentOutOfRangeException(nameof(times), times, $"times is {times}");
                }

                for (int i = 0; i < times; i++)
                {
                    x = _a.Forward(x);
                }

                return Nn.MseLoss(x, target);
            }
        }
        """,
        "new Model()").Verify(_x, _target, 2);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void ReturnsFromEveryBranch(int way) => new ProgramCheck(
        """
        using Lora;

        public sealed partial class Model
        {
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _a = new(4, 4);

            [Differentiable]
            private Tensor Choose(Tensor x, int way)
            {
                if (way == 0)
                {
                    return x;
                }
                else if (way == 1)
                {
                    Tensor h = _a.Forward(x);
                    if (x.Rank == 2)
                    {
                        return h;
                    }

                    h = h + x;
                }
                else
                {
                    if (way == 2)
                    {
                        return Nn.Relu(x) + x;
                    }
                }

                return _a.Forward(_a.Forward(x));
            }

            [Differentiable]
            public float Loss(Tensor x, Tensor target, int way)
            {
                Tensor h = _a.Forward(x);
                h = Choose(h, way) + Choose(x, way);
                return Nn.MseLoss(h, target);
            }
        }
        """,
        "new Model()").Verify(_x, _target, way);
}
