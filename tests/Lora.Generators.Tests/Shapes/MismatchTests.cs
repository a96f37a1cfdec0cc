namespace Lora.Generators.Tests;

/// <summary>Dimensions that cannot match are reported at the call, with both sides in the user's words.</summary>
public class MismatchTests
{
    [Fact]
    public void BothSidesAreNamed() => ShapeHarness.VerifyClass("""
        private readonly Linear _up = new(dim, 4 * dim);
        private readonly Linear _down = new(hidden, dim);

        [Differentiable]
        public Tensor Forward(Tensor x) => {|LORA1001:_down.Forward(Nn.Gelu(_up.Forward(x)))|};
        """).ShouldBe(["Cannot compute '_down.Forward(Nn.Gelu(_up.Forward(x)))': '_up' gives [.., 4 * dim]; '_down' takes [.., hidden]. Give both the same dimension."]);

    [Fact]
    public void AParameterIsWhatItsFirstUseTakes() => ShapeHarness.VerifyClass("""
        private readonly Linear _a = new(dim, dim);
        private readonly Linear _b = new(hidden, dim);

        [Differentiable]
        public Tensor Forward(Tensor x) => _a.Forward(x) + {|LORA1001:_b.Forward(x)|};
        """).ShouldBe(["Cannot compute '_b.Forward(x)': '_a' takes 'x' as [.., dim]; '_b' takes [.., hidden]. Give both the same dimension."]);

    [Fact]
    public void AResidualConnection() => ShapeHarness.VerifyClass("""
        private readonly Linear _up = new(dim, hidden);

        [Differentiable]
        public Tensor Forward(Tensor x)
        {
            Tensor h = _up.Forward(x);
            return {|LORA1001:x + Nn.Relu(h)|};
        }
        """).ShouldBe(["Cannot compute 'x + Nn.Relu(h)': '_up' takes 'x' as [.., dim]; '_up' gives [.., hidden]. Give both the same dimension."]);

    [Theory]
    [InlineData("literals", "new(16, 32)", "new(31, 4)")]
    [InlineData("constants", "new(16, Wide)", "new(Wide - 1, 4)")]
    [InlineData("a multiple", "new(dim, 4 * dim)", "new(dim, 4)")]
    [InlineData("a multiple on the other side", "new(dim, dim * 3)", "new(dim * 4, 4)")]
    [InlineData("a sum", "new(dim, dim + 1)", "new(dim, 4)")]
    [InlineData("a symbol and a number", "new(dim, 64)", "new(dim, 4)")]
    [InlineData("a static field", "new(dim, _wide)", "new(dim, 4)")]
    [InlineData("a part", "new(dim, dim / heads)", "new(dim, 4)")]
    [InlineData("half", "new(dim, dim / 2)", "new(dim, 4)")]
    [InlineData("a shift", "new(dim, dim << 2)", "new(2 * dim, 4)")]
    [InlineData("a property of a layer", "new(dim, 4)", "new(_first.OutFeatures + 1, 4)")]
    [InlineData("without the name of the type", "new Linear(dim, hidden)", "new Linear(outFeatures: 4, inFeatures: dim)")]
    public void OneAfterTheOther(string name, string first, string second)
    {
        name.ShouldNotBeEmpty();
        ShapeHarness.VerifyClass($$"""
            private const int Wide = 2 * 48;
            private static readonly int _wide = 96;
            private readonly Linear _first = new(dim, 8);
            private readonly Linear _a = {{first}};
            private readonly Linear _b;
            private readonly Linear _c = {{(second.Contains("_first", StringComparison.Ordinal) ? "new(5, 5)" : second)}};

            public Model(int dim) : this(dim, 2, 3) => _b = new(1, 1);

            [Differentiable]
            public Tensor Forward(Tensor x) => {|LORA1001:_c.Forward(_a.Forward(x))|};
            """);
    }

    [Fact]
    public void AnOrdinaryConstructor() => ShapeHarness.Verify("""
        public sealed partial class Model
        {
            private readonly Linear _a;
            private readonly Linear _b;
            private int _wide;

            public Model(int dim, int hidden)
            {
                _wide = 2 * hidden;
                int wide = _wide;
                _a = new Linear(dim, wide);
                this._b = new Linear(hidden, dim);
            }

            [Differentiable]
            public Tensor Forward(Tensor x) => {|LORA1001:_b.Forward(_a.Forward(x))|};
        }
        """)[0].GetMessage().ShouldContain("'_a' gives [.., 2 * hidden]; '_b' takes [.., hidden]");

    [Fact]
    public void AConfiguration() => ShapeHarness.Verify("""
        public sealed record Config
        {
            public required int HiddenSize { get; init; }
            public required int IntermediateSize { get; init; }
        }

        public sealed partial class Mlp(Config config)
        {
            private readonly Linear _up = new(config.HiddenSize, config.IntermediateSize);
            private readonly Linear _down = new(config.HiddenSize, config.IntermediateSize);

            [Differentiable]
            public Tensor Forward(Tensor x) => {|LORA1001:_down.Forward(_up.Forward(x))|};
        }
        """)[0].GetMessage().ShouldContain("'_up' gives [.., config.IntermediateSize]; '_down' takes [.., config.HiddenSize]");

    [Theory]
    [InlineData("norm", "{|LORA1001:_norm.Forward(h)|}")]
    [InlineData("matrix product", "{|LORA1001:Nn.MatMul(x, Nn.Transpose(h))|}")]
    [InlineData("gate", "{|LORA1001:Nn.SwiGlu(h, x)|}")]
    [InlineData("keys and values", "{|LORA1001:Nn.CausalAttention(x, x, h, heads)|}")]
    [InlineData("tied head", "{|LORA1001:Nn.Project(h, _embedding)|}")]
    [InlineData("product", "{|LORA1001:h * x|}")]
    [InlineData("difference through a slice", "{|LORA1001:Nn.Slice(h, -1, 0, 5) - x|}")]
    [InlineData("sum of parts", "{|LORA1001:Nn.Concat(x, x, -1) + x|}")]
    [InlineData("new shape", "{|LORA1001:Nn.Reshape(h, 2, 3, 2 * dim) + x|}")]
    [InlineData("embedded ids", "{|LORA1001:_embedding.Forward([1, 2]) + h|}")]
    [InlineData("through a number", "{|LORA1001:(2f * h - 1f) / x|}")]
    [InlineData("result of an operation of the user's", "{|LORA1001:_in.Forward(Ops.Double(h))|}")]
    public void Operations(string name, string expression)
    {
        name.ShouldNotBeEmpty();
        ShapeHarness.Verify($$"""
            public static class Ops
            {
                [Derivative(nameof(DoubleBackward), Into = nameof(DoubleInto), Shape = nameof(DoubleShape), Dimensions = "x [.., d] -> [.., d]")]
                public static Tensor Double(Tensor x) => x + x;
                public static TensorShape DoubleShape(Tensor x) => new(x.Shape);
                public static void DoubleInto(Tensor x, Tensor result) => (x + x).Span.CopyTo(result.Span);
                public static void DoubleBackward(Tensor gradResult, Tensor gradX) { }
            }

            public sealed partial class Model(int dim, int hidden, int heads)
            {
                private readonly Linear _in = new(dim, dim);
                private readonly Linear _up = new(dim, hidden);
                private readonly RmsNorm _norm = new(dim);
                private readonly Embedding _embedding = new(100, dim);

                public int Heads => heads;

                [Differentiable]
                public Tensor Forward(Tensor x)
                {
                    Tensor h = _up.Forward(_in.Forward(x));
                    return {{expression}};
                }
            }
            """);
    }

    [Fact]
    public void ALossOfTwoShapes() => ShapeHarness.VerifyClass("""
        private readonly Linear _a = new(dim, dim);
        private readonly Linear _b = new(dim, hidden);

        [Differentiable]
        public float Loss(Tensor x, Tensor target) => Nn.MseLoss(_a.Forward(x), target) + {|LORA1001:Nn.MseLoss(_b.Forward(x), target)|};
        """);

    [Fact]
    public void BranchesAndLoops() => ShapeHarness.VerifyClass("""
        private readonly Linear _a = new(dim, dim);
        private readonly Linear _b = new(dim, hidden);

        [Differentiable]
        public Tensor Forward(Tensor x, bool isDeep)
        {
            Tensor y = _a.Forward(x);
            if (isDeep)
            {
                y = {|LORA1001:_a.Forward(_b.Forward(y))|};
            }

            for (int i = 0; i < 3; i++)
            {
                y = {|LORA1001:_a.Forward(y) + _b.Forward(x)|};
            }

            return isDeep ? {|LORA1001:_a.Forward(_b.Forward(x))|} : y;
        }
        """);

    [Fact]
    public void EveryMismatchOnce() => ShapeHarness.VerifyClass("""
        private readonly Linear _a = new(dim, hidden);

        [Differentiable]
        public Tensor Forward(Tensor x)
        {
            Tensor y = {|LORA1001:_a.Forward(_a.Forward(x))|};
            Tensor z = {|LORA1001:_a.Forward(_a.Forward(x))|};
            return Nn.Relu(y) + z;
        }

        [Differentiable]
        public float Loss(Tensor x) => Nn.Sum(Forward(x)) + Nn.Sum(Forward(x));
        """);
}
