namespace Lora.Generators.Tests;

/// <summary>Straight-line bodies: calls, locals, reassignment.</summary>
public class LocalTests
{
    [Fact]
    public void OneLayer() => new ProgramCheck(
        """
        using Lora;

        public sealed partial class Model
        {
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _fc = new(4, 3);

            [Differentiable]
            public float Loss(Tensor x, Tensor target)
            {
                return Nn.MseLoss(_fc.Forward(x), target);
            }
        }
        """,
        "new Model()").Verify(Inputs.Normal(1, 5, 4), Inputs.Normal(2, 5, 3));

    [Fact]
    public void Locals() => new ProgramCheck(
        """
        using Lora;

        public sealed partial class Model(int hidden)
        {
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _up = new(4, hidden);
            [Lora(Rank = 3, Alpha = 5)] private readonly Linear _down = new(hidden, 3, bias: false);

            [Differentiable]
            public float Loss(Tensor x, Tensor target)
            {
                Tensor up = _up.Forward(x);
                var active = Nn.Relu(up);
                Tensor down = _down.Forward(active), unused = _down.Forward(up);
                float loss = Nn.MseLoss(down, target);
                return loss;
            }
        }
        """,
        "new Model(6)").Verify(Inputs.Normal(1, 5, 4), Inputs.Normal(2, 5, 3));

    [Fact]
    public void Reassignment() => new ProgramCheck(
        """
        using Lora;

        public sealed partial class Model
        {
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _a = new(4, 4);
            [Lora(Rank = 2, Alpha = 5)] private readonly Linear _b = new(4, 4);

            [Differentiable]
            public float Loss(Tensor x, Tensor target)
            {
                Tensor h = _a.Forward(x);
                Tensor kept = h;
                h = Nn.Relu(h);
                h = _b.Forward(h) + kept;
                h += h;
                kept = h;
                h = kept + x;
                return Nn.MseLoss(h, target);
            }
        }
        """,
        "new Model()").Verify(Inputs.Normal(1, 5, 4), Inputs.Normal(2, 5, 4));

    [Fact]
    public void ReassignedParameters() => new ProgramCheck(
        """
        using Lora;

        public sealed partial class Model
        {
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _a = new(4, 4);

            [Differentiable]
            public Tensor Forward(Tensor x, Tensor y)
            {
                x = _a.Forward(x) + y;
                y = Nn.Relu(x);
                x = _a.Forward(y);
                return x + y;
            }
        }
        """,
        "new Model()")
    { Method = "Forward" }.Verify(Inputs.Normal(1, 5, 4), Inputs.Normal(2, 5, 4));

    [Fact]
    public void ExpressionBodies() => new ProgramCheck(
        """
        using Lora;

        public sealed partial class Model
        {
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _a = new(4, 4);

            [Differentiable]
            public Tensor Forward(Tensor x) => Nn.Relu(_a.Forward(x)) + x;

            [Differentiable]
            public float Loss(Tensor x, Tensor target) => Nn.MseLoss(Forward(x), target);
        }
        """,
        "new Model()").Verify(Inputs.Normal(1, 5, 4), Inputs.Normal(2, 5, 4));

    [Fact]
    public void ReturnsItsInput() => new ProgramCheck(
        """
        using Lora;

        public sealed partial class Model
        {
            [Differentiable]
            public Tensor Forward(Tensor x) => x;
        }
        """,
        "new Model()")
    { Method = "Forward", HasNoTrainable = true }.Verify(Inputs.Normal(1, 5, 4));

    [Fact]
    public void SeveralInputs() => new ProgramCheck(
        """
        using Lora;

        public sealed partial class Model
        {
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _a = new(4, 4);

            [Differentiable]
            public Tensor Forward(Tensor x, [NoDerivative] Tensor offset, Tensor y) => _a.Forward(x + offset) + _a.Forward(y);
        }
        """,
        "new Model()")
    { Method = "Forward" }.Verify(Inputs.Normal(1, 5, 4), Inputs.Normal(2, 5, 4), Inputs.Normal(3, 5, 4));

    [Fact]
    public void OneTensorTwice() => new ProgramCheck(
        """
        using Lora;

        public sealed partial class Model
        {
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _a = new(4, 4);

            [Differentiable]
            public float Loss(Tensor x)
            {
                Tensor h = _a.Forward(x);
                return Nn.MseLoss(h + h, _a.Forward(h));
            }
        }
        """,
        "new Model()").Verify(Inputs.Normal(1, 5, 4));

    [Fact]
    public void FrozenBeforeAdapted() => new ProgramCheck(
        """
        using Lora;

        public sealed partial class Model
        {
            private readonly Linear _first = new(4, 6);
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _second = new(6, 6);
            private readonly Linear _last = new(6, 3);

            [Differentiable]
            public float Loss(Tensor x, Tensor target)
            {
                Tensor h = Nn.Relu(_first.Forward(x));
                h = Nn.Relu(_second.Forward(h) + h);
                return Nn.MseLoss(_last.Forward(h), target);
            }
        }
        """,
        "new Model()").Verify(Inputs.Normal(1, 5, 4), Inputs.Normal(2, 5, 3));

    [Fact]
    public void NamesThatGeneratedCodeUses() => new ProgramCheck(
        """
        using Lora;

        public sealed partial class Model
        {
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear @class = new(4, 4);
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear saved = new(4, 4);

            [Differentiable]
            public float @event(Tensor work, Tensor @params)
            {
                Tensor state = @class.Forward(work);
                Tensor gradResult = this.saved.Forward(state);
                Tensor result = gradResult + state;
                Tensor @return = Nn.Relu(result);
                float value = Nn.MseLoss(@return, @params);
                return value;
            }
        }
        """,
        "new Model()")
    { Method = "event" }.Verify(Inputs.Normal(1, 5, 4), Inputs.Normal(2, 5, 4));

    [Fact]
    public void ResultIsParameter() => new ProgramCheck(
        """
        using Lora;

        public sealed partial class Model
        {
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _a = new(4, 4);

            [Differentiable]
            private Tensor Pass(Tensor x) => x;

            [Differentiable]
            public Tensor Forward(Tensor x)
            {
                Tensor same = Pass(x);
                return _a.Forward(Pass(same)) + same;
            }
        }
        """,
        "new Model()")
    { Method = "Forward" }.Verify(Inputs.Normal(1, 5, 4));
}
