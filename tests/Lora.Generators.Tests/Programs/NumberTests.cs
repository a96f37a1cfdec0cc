namespace Lora.Generators.Tests;

/// <summary>Arithmetic on losses.</summary>
public class NumberTests
{
    private static readonly Tensor _x = Inputs.Normal(1, 5, 4);
    private static readonly Tensor _target = Inputs.Normal(2, 5, 4);

    [Theory]
    [InlineData("a + 0.1f * b")]
    [InlineData("a - b")]
    [InlineData("a * b")]
    [InlineData("a / b")]
    [InlineData("-a + b / 2")]
    [InlineData("(a + b) * (a - b)")]
    [InlineData("1 / (a + b)")]
    [InlineData("2f - (b * b * a)")]
    [InlineData("+a * weight - b * (weight + 1) / count")]
    [InlineData("a / (b / a)")]
    [InlineData("a - (b - a)")]
    [InlineData("-(-a) - -b")]
    [InlineData("flag ? a : b + a")]
    [InlineData("(flag ? a : b) * (flag ? b : 2f) + a * b")]
    [InlineData("a * Nn.Stop(weight) + b")]
    public void Expressions(string expression) => new ProgramCheck(
        $$"""
        using Lora;

        public sealed partial class Model
        {
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _a = new(4, 4);

            [Differentiable]
            public float Loss(Tensor x, Tensor target, float weight, int count, bool flag)
            {
                Tensor h = _a.Forward(x);
                float a = Nn.MseLoss(h, target);
                float b = Nn.MseLoss(Nn.Relu(h), target);
                return {{expression}};
            }
        }
        """,
        "new Model()").Verify(_x, _target, 0.7f, 3, true);

    [Fact]
    public void StoppedNumber() => new ProgramCheck(
        """
        using Lora;

        public sealed partial class Model
        {
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _a = new(4, 4);

            [Differentiable]
            public float Loss(Tensor x, Tensor target, float weight)
            {
                float scale = Nn.Stop(weight * 2);
                return scale * Nn.MseLoss(_a.Forward(x), target);
            }
        }
        """,
        "new Model()").Verify(_x, _target, 0.7f);

    [Fact]
    public void CompoundAssignments() => new ProgramCheck(
        """
        using Lora;

        public sealed partial class Model
        {
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _a = new(4, 4);

            [Differentiable]
            public float Loss(Tensor x, Tensor target)
            {
                Tensor h = _a.Forward(x);
                float loss = Nn.MseLoss(h, target);
                float first = loss;
                loss += Nn.MseLoss(Nn.Relu(h), x);
                loss *= first;
                loss -= 0.5f * first;
                loss /= 3;
                first = loss;
                return loss * first;
            }
        }
        """,
        "new Model()").Verify(_x, _target);

    [Fact]
    public void NumbersThroughBranchesAndLoops() => new ProgramCheck(
        """
        using Lora;

        public sealed partial class Model
        {
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _a = new(4, 4);

            [Differentiable]
            public float Loss(Tensor x, Tensor target, int n)
            {
                float total = 0.25f;
                float previous = 1f;
                for (int i = 0; i < n; i++)
                {
                    x = _a.Forward(x) + x;
                    float own = Nn.MseLoss(x, target);
                    if (i % 2 == 0)
                    {
                        total = total + own * previous;
                    }
                    else
                    {
                        total *= own;
                    }

                    previous = own;
                }

                return total - previous;
            }
        }
        """,
        "new Model()").Verify(_x, _target, 4);

    [Fact]
    public void DifferentiableNumberMethod() => new ProgramCheck(
        """
        using Lora;

        public sealed partial class Model
        {
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _a = new(4, 4);

            [Differentiable]
            public float Regularized(Tensor x, Tensor target, float strength)
            {
                float fit = Nn.MseLoss(_a.Forward(x), target);
                float size = Nn.MseLoss(_a.Forward(x), x);
                return fit + strength * size;
            }

            [Differentiable]
            public float Loss(Tensor x, Tensor target, [NoDerivative] float strength)
            {
                float once = Regularized(x, target, strength);
                return once * once / Regularized(target, x, 2 * strength);
            }
        }
        """,
        "new Model()").Verify(_x, _target, 0.3f);
}
