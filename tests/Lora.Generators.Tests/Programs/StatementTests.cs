namespace Lora.Generators.Tests;

/// <summary>Corners of the language that a body may use.</summary>
public class StatementTests
{
    private static readonly Tensor _x = Inputs.Normal(1, 3, 4);
    private static readonly Tensor _target = Inputs.Normal(2, 3, 4);

    [Fact]
    public void ScopesThatReuseNames() => Body("""
            {
                Tensor h = _a.Forward(x);
                x = h * h;
            }

            {
                Tensor h = Nn.Tanh(_b.Forward(x));
                x = h + x;
            }

            for (int i = 0; i < 2; i++)
            {
                Tensor g = _a.Forward(x);
                float part = Nn.Mean(g);
                x = Nn.Tanh(g) * 0.5f;
                loss += part;
            }

            for (int i = 0; i < 3; i++)
            {
                Tensor g = _b.Forward(x);
                float part = Nn.Mean(g * g);
                x = Nn.Tanh(g + x);
                loss += part * part;
            }
        """).Verify(_x, _target, 2, true);

    [Fact]
    public void UnusedResult() => Body("""
            _a.Forward(x);
            x = _b.Forward(_a.Forward(x));
        """).Verify(_x, _target, 2, true);

    [Fact]
    public void ForEachOverInts() => Body("""
            int[] rows = [2, 0, 1, 0];
            Tensor sum = x;
            foreach (int row in rows)
            {
                Tensor one = Nn.Slice(_a.Forward(x), 0, row, 1);
                sum = sum + one * (row + 1f);
            }

            foreach (int power in Enumerable.Range(1, n))
            {
                sum = _b.Forward(sum) * (1f / power);
            }

            x = sum;
        """, allocates: true).Verify(_x, _target, 2, true);

    [Fact]
    public void ConstantsOfEveryKind() => Body("""
            const int Rounds = 2;
            const float Half = 0.5f;
            long big = 3L;
            double factor = Math.Sqrt(big);
            string text = $"{n}{flag}";
            int kind = text switch { "2True" => 1, _ => 0 };
            bool isEven = _layers.Count(layer => layer.InFeatures % 2 == 0) == 2;
            var sizes = new[] { 1, 2, 3 };
            int total = sizes.Sum() + (isEven ? kind : -1);
            for (int i = Rounds; i-- > 0;)
            {
                x = Nn.Tanh(_a.Forward(x)) * (float)factor + _b.Forward(x) * Half;
                if (i == kind && total == 7)
                {
                    loss += Nn.Mean(x) / big;
                }
            }
        """, allocates: true).Verify(_x, _target, 2, true);

    [Fact]
    public void LayersInLocals() => Body("""
            Linear first = flag ? _a : _b;
            Linear second = _layers[n - 1];
            foreach (Linear layer in _layers)
            {
                Linear own = layer;
                x = Nn.Tanh(own.Forward(x)) + first.Forward(x);
            }

            first = second;
            x = first.Forward(x);
            x = Both.Forward(x) + _b.Forward(x);
        """).Verify(_x, _target, 2, true);

    [Fact]
    public void EarlyConstantResult() => Body("""
            if (n > 100)
            {
                return 0f;
            }

            if (n == 2 && !flag)
            {
                return loss;
            }

            x = _a.Forward(_b.Forward(x));
        """).Verify(_x, _target, 2, true);

    [Fact]
    public void OtherShapesInBetween() => new ProgramCheck(Source("""
            for (int i = 0; i < n; i++)
            {
                x = flag ? Nn.Tanh(_a.Forward(x)) + x : _b.Forward(x);
                if (i == 2)
                {
                    loss += Nn.Mean(x);
                }
            }

            x = _a.Forward(_b.Forward(x));
        """), "new Model()") { Between = [Inputs.Normal(3, 11, 4), Inputs.Normal(4, 11, 4), 7, false] }.Verify(_x, _target, 3, true);

    [Fact]
    public void AStepThatThrowsInBetween() => new ProgramCheck(Source("""
            for (int i = 0; i < n; i++)
            {
                x = Nn.Tanh(_a.Forward(x)) + _b.Forward(x);
                if (i == 4)
                {
                    throw new InvalidOperationException("Too deep.");
                }
            }
        """), "new Model()") { Between = [_x, _target, 7, false] }.Verify(_x, _target, 3, true);

    [Fact]
    public void DefaultsOfParameters() => new ProgramCheck(
        """
        using Lora;

        public enum Mode
        {
            First = 3,
            Second = 7,
        }

        public sealed partial class Model
        {
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _a = new(4, 4);

            [Differentiable]
            public Tensor Forward(
                Tensor x, Tensor? y = null, Mode mode = Mode.Second, string name = "a \"quoted\"\n", float scale = 0.1f, char c = '\'',
                int[]? shape = null, int? limit = null, bool flag = true, long big = long.MaxValue, float none = float.NaN)
            {
                x = _a.Forward(x) * scale;
                if (y is not null && mode == Mode.First)
                {
                    x = x + y * scale;
                }

                return limit is null && shape is null && flag && name.Length > 3 && c == '\'' && big > 0 && float.IsNaN(none) ? Nn.Tanh(x) : x;
            }

            [Differentiable]
            public float Loss(Tensor x, Tensor target) => Nn.MseLoss(Forward(x) + Forward(x, target, mode: Mode.First, scale: 2) + Forward(x, limit: 3), target);
        }
        """,
        "new Model()")
    { AllocatesByItself = false }.Verify(_x, _target);

    [Fact]
    public void TwoLossesOfOneModelTakeTurns() => new ProgramCheck(Source("""
            x = Second(x, n) + _b.Forward(x);
            loss += Other(x, y);
        """, """
            [Differentiable]
            public Tensor Second(Tensor x, int times)
            {
                for (int i = 0; i < times; i++)
                {
                    x = Nn.Tanh(_a.Forward(x));
                }

                return x;
            }

            [Differentiable]
            public float Other(Tensor x, Tensor y)
            {
                if (x.Shape[0] > 5)
                {
                    return 0;
                }

                float d = Nn.MseLoss(x, y);
                return d * d;
            }
        """), "new Model()") { Between = [Inputs.Normal(3, 9, 4), Inputs.Normal(4, 9, 4), 1, false] }.Verify(_x, _target, 3, true);

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
