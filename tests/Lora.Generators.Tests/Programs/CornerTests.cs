namespace Lora.Generators.Tests;

/// <summary>Corners of the language, and values that have no gradient on some ways through a body.</summary>
public class CornerTests
{
    private static readonly Tensor _x = Inputs.Normal(1, 5, 4);
    private static readonly Tensor _target = Inputs.Normal(2, 5, 4);

    [Fact]
    public void NumberOfAnInputThatNeedsNoGradient() => new ProgramCheck(
        """
        using Lora;

        public sealed partial class Model
        {
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _a = new(4, 4);

            [Differentiable]
            public float Loss(Tensor x, bool flag)
            {
                Tensor h = flag ? x : _a.Forward(x);
                return Nn.Mean(h) * Nn.Mean(_a.Forward(h)) + Nn.Mean(x);
            }
        }
        """,
        "new Model()").Verify(_x, true);

    [Theory]
    [InlineData("null", "null")]
    [InlineData("new Linear(4, 4)", "null")]
    [InlineData("null", "new Extra()")]
    [InlineData("new Linear(4, 4)", "new Extra()")]
    public void OptionalLayers(string layer, string model) => new ProgramCheck(
        """
        using Lora;

        public sealed partial class Extra
        {
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _fc = new(4, 4);

            [Differentiable]
            public Tensor Forward(Tensor x) => Nn.Relu(_fc.Forward(x));
        }

        public sealed partial class Model(Linear? optional, Extra? extra)
        {
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _a = new(4, 4);
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear? _optional = optional;
            private readonly Extra? _extra = extra;

            [Differentiable]
            public float Loss(Tensor x, Tensor target)
            {
                x = _a.Forward(x);
                if (_optional is not null)
                {
                    x = _optional.Forward(x);
                }

                if (_extra != null)
                {
                    x += _extra.Forward(x);
                }

                return Nn.MseLoss(x, target);
            }
        }
        """,
        $"new Model({layer}, {model})").Verify(_x, _target);

    [Fact]
    public void IntsBoolsEnumsStringsAndArrays() => new ProgramCheck(
        """
        using Lora;

        public enum Pooling
        {
            Mean,
            Sum,
        }

        public sealed partial class Model
        {
            private const string Name = "deep";
            private static readonly int[] Axes = [0, 1];
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _a = new(4, 4);

            [Differentiable]
            public Tensor Forward(Tensor x, string name, bool keep, Pooling pooling, int[] shape)
            {
                Tensor h = _a.Forward(x);
                int axis = Axes[^1];
                string wanted = Name;
                var isDeep = name == wanted;
                if (isDeep && pooling is Pooling.Mean)
                {
                    h = Nn.Mean(h, axis, keepDims: keep);
                }
                else if (pooling is Pooling.Sum or Pooling.Mean)
                {
                    h = Nn.Sum(h, axis - 1);
                }

                return Nn.Reshape(h, shape) * (name.Length > 3 ? 2f : 1f);
            }
        }
        """,
        "new Model()")
    { Method = "Forward" }.Verify(_x, "deep", true, 0, new[] { 1, 5 });

    [Fact]
    public void NoDerivativeParameters() => new ProgramCheck(
        """
        using Lora;

        public sealed partial class Model
        {
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _a = new(4, 4);

            [Differentiable]
            public Tensor Forward(Tensor x, [NoDerivative] Tensor mask, [NoDerivative] Tensor? bias, [NoDerivative] float temperature)
            {
                Tensor h = _a.Forward(x) * mask / temperature;
                Tensor scaled = mask * temperature + mask;
                h = Nn.Attention(h, x, h, 2, Nn.Slice(Nn.Slice(mask, 2, 0, 3), 0, 0, 1));
                return bias is null ? h : h * bias + scaled;
            }
        }
        """,
        "new Model()")
    { Method = "Forward" }.Verify(Inputs.Normal(1, 2, 3, 4), Inputs.Normal(2, 2, 3, 4), Inputs.Normal(3, 4), 0.7f);

    [Fact]
    public void AssignedLater() => Body("""
            Tensor h, g;
            float part;
            h = _a.Forward(x);
            if (flag)
            {
                g = Nn.Tanh(h);
                part = Nn.Mean(g);
            }
            else
            {
                g = h;
                part = 0.25f;
            }

            for (int i = 0; i < n; i++)
            {
                Tensor own;
                if (i == 0)
                {
                    own = g;
                }
                else
                {
                    own = _b.Forward(g);
                }

                g = own + h;
            }

            x = g;
            loss = part * part;
        """).Verify(_x, _target, 2, true);

    [Fact]
    public void ParenthesesCastsAndNullForgiving() => Body("""
            Tensor? maybe = flag ? _a.Forward(x) : null;
            Tensor h = (Tensor)((maybe!));
            x = ((this._b).Forward((h)))!;
            loss = (float)(0.5f) + ((Nn.Mean(x)));
            loss = +loss;
        """).Verify(_x, _target, 2, true);

    [Fact]
    public void ParamsArrays() => new ProgramCheck(
        """
        using Lora;

        public sealed partial class Model
        {
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _a = new(4, 4);

            [Differentiable]
            internal static Tensor Keep(Tensor x, params int[] rows)
            {
                Tensor sum = Nn.Slice(x, 0, rows[0], 1);
                for (int i = 1; i < rows.Length; i++)
                {
                    sum = sum + Nn.Slice(x, 0, rows[i], 1) * i;
                }

                return sum;
            }

            [Differentiable]
            public float Loss(Tensor x, Tensor target) => Nn.MseLoss(Keep(_a.Forward(x), 2, 1, 2), Keep(target, 0));
        }
        """,
        "new Model()")
    { AllocatesByItself = true }.Verify(_x, _target);

    private static ProgramCheck Body(string body, bool allocates = false) =>
        new(Source(body), "new Model()") { AllocatesByItself = allocates, Unused = body.Contains("_layers") ? [] : ["layers.1.lora_A", "layers.1.lora_B"] };

    private static string Source(string body, string more = "") => $$"""
        using Lora;

        public sealed partial class Model
        {
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _a = new(4, 4);
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _b = new(4, 4);
            private readonly Linear[] _layers = [new(4, 4), new(4, 4)];

            private Linear Both => _a;

        {{more}}

            [Differentiable]
            public float Loss(Tensor x, Tensor y, int n, bool flag)
            {
                float loss = 0.5f;
        {{body}}
                return loss + Nn.MseLoss(x, y);
            }
        }
        """;
}
