namespace Lora.Generators.Tests;

/// <summary>What fits, or may fit, is not reported.</summary>
public class FittingShapeTests
{
    [Theory]
    [InlineData("the same", "new(dim, 4 * dim)", "new(dim * 4, dim)")]
    [InlineData("a rounded quotient", "new(dim, dim / heads * heads)", "new(dim, dim)")]
    [InlineData("an exact quotient", "new(dim, heads * dim / heads)", "new(dim, dim)")]
    [InlineData("two halves", "new(dim, 2 * (dim / 2))", "new(dim, dim)")]
    [InlineData("heads of a width", "new(dim, heads * hidden)", "new(dim, dim)")]
    [InlineData("one width and the quotient", "new(dim, dim / heads)", "new(hidden, dim)")]
    [InlineData("a sum of parts", "new(dim, dim + heads)", "new(hidden, dim)")]
    [InlineData("a choice", "new(dim, dim > 64 ? dim : hidden)", "new(dim, dim)")]
    [InlineData("a remainder", "new(dim, dim % heads)", "new(dim, dim)")]
    [InlineData("a larger one", "new(dim, Math.Max(dim, hidden))", "new(dim, dim)")]
    [InlineData("a rounded number", "new(dim, (int)(dim * 1.5))", "new(dim, dim)")]
    [InlineData("another method's", "new(dim, Width())", "new(dim, dim)")]
    [InlineData("a layer of given weights", "Linear.From(Tensor.Zeros(3, 4), null)", "new(dim, dim)")]
    [InlineData("a parsed number", "new(dim, int.Parse(\"3\"))", "new(dim, dim)")]
    public void OneAfterTheOther(string name, string first, string second)
    {
        name.ShouldNotBeEmpty();
        ShapeHarness.VerifyClass($$"""
            private readonly Linear _a = {{first}};
            private readonly Linear _b = {{second}};

            private static int Width() => 3;

            [Differentiable]
            public Tensor Forward(Tensor x) => _b.Forward(_a.Forward(x));
            """);
    }

    [Theory]
    [InlineData("the constructor refuses others", "if (dim != hidden) { throw new ArgumentException(\"\"); }")]
    [InlineData("a helper refuses others", "ArgumentOutOfRangeException.ThrowIfNotEqual(dim, hidden);")]
    [InlineData("through a field", "_kept = dim; if (hidden == _kept) { throw new ArgumentException(\"\"); }")]
    public void WhatTheClassComparesMayBeEqual(string name, string check)
    {
        name.ShouldNotBeEmpty();
        ShapeHarness.Verify($$"""
            public sealed partial class Model
            {
                private readonly Linear _a;
                private readonly Linear _b;
                private int _kept;

                public Model(int dim, int hidden)
                {
                    {{check}}
                    _a = new Linear(dim, dim);
                    _b = new Linear(hidden, hidden);
                }

                public int Kept => _kept;

                [Differentiable]
                public Tensor Forward(Tensor x) => _b.Forward(_a.Forward(x));
            }
            """);
    }

    [Theory]
    [InlineData("numbers", "new Model(64, 64)")]
    [InlineData("one variable", "new Model(size, size)")]
    [InlineData("by name", "new Model(hidden: 3, dim: 3)")]
    [InlineData("without the type's name", "Make(new(7, 7))")]
    public void WhatAnInstanceShowsMayBeEqual(string name, string creation)
    {
        name.ShouldNotBeEmpty();
        ShapeHarness.Verify(
            """
            public sealed partial class Model(int dim, int hidden)
            {
                private readonly Linear _a = new(dim, dim);
                private readonly Linear _b = new(hidden, hidden);

                [Differentiable]
                public Tensor Forward(Tensor x) => _b.Forward(_a.Forward(x));
            }
            """,
            $$"""
            public static class Program
            {
                public static Model Build(int size) => size > 0 ? {{creation}} : null!;

                private static Model Make(Model model) => model;
            }
            """);
    }

    [Fact]
    public void WhatAnInstanceMakesDifferentIsReported() => ShapeHarness.Verify(
        """
        public sealed partial class Model(int dim, int hidden)
        {
            private readonly Linear _a = new(dim, dim);
            private readonly Linear _b = new(hidden, hidden);

            [Differentiable]
            public Tensor Forward(Tensor x) => {|LORA1001:_b.Forward(_a.Forward(x))|};
        }

        public static class Program
        {
            public static Model Build() => new Model(64, 65);
        }
        """);

    [Theory]
    [InlineData("a gate of one column", "new(dim, 1)", "")]
    [InlineData("as many gates as an instance says", "new(dim, hidden)", "public static Model One() => new(8, 1, 2);")]
    public void OneBroadcasts(string name, string gate, string instance)
    {
        name.ShouldNotBeEmpty();
        ShapeHarness.VerifyClass($$"""
            private readonly Linear _in = new(dim, dim);
            private readonly Linear _gate = {{gate}};

            {{instance}}

            [Differentiable]
            public Tensor Forward(Tensor x)
            {
                Tensor h = _in.Forward(x);
                return h * Nn.Sigmoid(_gate.Forward(h));
            }
            """);
    }

    [Theory]
    [InlineData("a field that is assigned again", "private Linear _a = new(dim, dim); private readonly Linear _b = new(hidden, dim); public void Grow() => _a = new(dim, hidden);")]
    [InlineData("a property that anybody may set", "public Linear _a { get; set; } = new(dim, dim); private readonly Linear _b = new(hidden, dim);")]
    [InlineData("a property that an initialiser may set", "public Linear _a { get; init; } = new(dim, dim); private readonly Linear _b = new(hidden, dim);")]
    [InlineData("a field that others may set", "internal Linear _a = new(dim, dim); private readonly Linear _b = new(hidden, dim);")]
    [InlineData("a field that is passed by reference", "private Linear _a = new(dim, dim); private readonly Linear _b = new(hidden, dim); public void Swap() => Swap(ref _a); private static void Swap(ref Linear layer) { }")]
    [InlineData("a choice of layers", "private readonly Linear _a = heads > 2 ? new(dim, dim) : new(dim, hidden); private readonly Linear _b = new(hidden, dim);")]
    public void WhatMayChangeIsNotKnown(string name, string members)
    {
        name.ShouldNotBeEmpty();
        ShapeHarness.VerifyClass($$"""
            {{members}}

            [Differentiable]
            public Tensor Forward(Tensor x) => _b.Forward(_a.Forward(x));
            """);
    }

    [Fact]
    public void AParameterThatIsAssigned() => ShapeHarness.Verify("""
        public sealed partial class Model
        {
            private readonly Linear _a;
            private readonly Linear _b;

            public Model(int dim)
            {
                _a = new Linear(dim, 2 * dim);
                dim *= 2;
                _b = new Linear(dim, dim);
            }

            [Differentiable]
            public Tensor Forward(Tensor x) => _b.Forward(_a.Forward(x));
        }
        """);

    [Fact]
    public void TwoConstructors() => ShapeHarness.Verify("""
        public sealed partial class Model
        {
            private readonly Linear _a;
            private readonly Linear _b;

            public Model(int dim)
            {
                _a = new Linear(dim, dim);
                _b = new Linear(dim, dim);
            }

            public Model(int wide, bool isDeep)
            {
                _a = new Linear(wide, 2 * wide);
                _b = new Linear(2 * wide, wide);
                IsDeep = isDeep;
            }

            public bool IsDeep { get; }

            [Differentiable]
            public Tensor Forward(Tensor x) => _b.Forward(_a.Forward(x));
        }
        """);

    [Fact]
    public void ALayerThatIsHandedIn() => ShapeHarness.Verify("""
        public sealed partial class Model(Linear shared, int dim)
        {
            private readonly Linear _a = new(dim, 4);
            private readonly Linear _shared = shared;
            private readonly Linear _b = new(shared.OutFeatures, 3);

            [Differentiable]
            public Tensor Forward(Tensor x) => _b.Forward(_shared.Forward(_a.Forward(x)));
        }
        """);

    [Fact]
    public void AnOptionalProjection() => ShapeHarness.VerifyClass("""
        private readonly Linear _in = new(dim, dim);
        private readonly Linear? _project = heads == 1 ? null : new(dim, hidden);
        private readonly Linear _out = new(hidden, dim);

        [Differentiable]
        public Tensor Forward(Tensor x)
        {
            x = _in.Forward(x);
            if (_project is not null)
            {
                x = _project.Forward(x);
            }

            return _out.Forward(x);
        }
        """);

    [Fact]
    public void AnEarlyReturn() => ShapeHarness.VerifyClass("""
        private readonly Linear _a = new(dim, hidden);
        private readonly Linear _b = new(hidden, dim);

        [Differentiable]
        public Tensor Forward(Tensor x, bool isShort)
        {
            Tensor y = x;
            if (isShort)
            {
                y = _a.Forward(x);
                return _b.Forward(y);
            }

            foreach (int i in new[] { 1, 2, 3 })
            {
                y = i % 2 == 0 ? _b.Forward(y) : _a.Forward(y);
            }

            return y;
        }
        """);

    [Fact]
    public void AStackOfDifferentWidths() => ShapeHarness.Verify("""
        public sealed partial class Mlp
        {
            private readonly List<Linear> _layers = [];

            public Mlp(params int[] widths)
            {
                for (int i = 1; i < widths.Length; i++)
                {
                    _layers.Add(new Linear(widths[i - 1], widths[i]));
                }
            }

            [Differentiable]
            public Tensor Forward(Tensor x)
            {
                foreach (Linear layer in _layers)
                {
                    x = Nn.Relu(layer.Forward(x));
                }

                return x;
            }
        }

        public sealed partial class Fixed
        {
            private readonly Linear[] _layers = [new(2, 3), new(3, 4)];

            [Differentiable]
            public Tensor Forward(Tensor x) => _layers[1].Forward(_layers[0].Forward(x));
        }
        """);

    [Fact]
    public void FusedProjections() => ShapeHarness.VerifyClass("""
        private readonly Linear _qkv = new(dim, 3 * dim);
        private readonly Linear _out = new(dim, dim);

        [Differentiable]
        public Tensor Forward(Tensor x)
        {
            Tensor qkv = _qkv.Forward(x);
            Tensor q = Nn.Slice(qkv, -1, 0, dim);
            Tensor k = Nn.Slice(qkv, axis: -1, start: dim, length: dim);
            Tensor v = Nn.Slice(qkv, -1, 2 * dim, dim);
            Tensor y = _out.Forward(Nn.CausalAttention(q, k, v, heads));
            return Nn.Concat(y, x, 0) + Nn.Concat(q, x, -2);
        }
        """);

    [Fact]
    public void NewShapes() => ShapeHarness.VerifyClass("""
        private readonly Linear _in = new(dim, dim);
        private readonly Linear _head = new(dim / heads, hidden);

        [Differentiable]
        public Tensor Forward(Tensor x)
        {
            int length = x.Shape[^2];
            Tensor h = Nn.Transpose(Nn.Reshape(_in.Forward(x), -1, length, heads, dim / heads), 1, 2);
            Tensor scores = Nn.MatMul(h, Nn.Transpose(h));
            Tensor y = Nn.MatMul(scores, h);
            return _head.Forward(y) + _head.Forward(Nn.Reshape(y, 6, -1));
        }
        """);

    [Fact]
    public void OperationsThatSayNothingOfTheirDimensions() => ShapeHarness.Verify("""
        public static class Ops
        {
            [Derivative(nameof(WidenBackward))]
            public static Tensor Widen(Tensor x) => Nn.Concat(x, x, -1);
            public static void WidenBackward(Tensor gradResult, Tensor gradX) { }
        }

        public sealed partial class Model(int dim)
        {
            private readonly Linear _a = new(dim, dim);
            private readonly Linear _b = new(2 * dim, dim);

            [Differentiable]
            public Tensor Forward(Tensor x) => _b.Forward(Ops.Widen(_a.Forward(x))) + Nn.Mean(x, -1, keepDims: true) + Nn.Sum(_a.Forward(x), 0);
        }
        """);

    [Fact]
    public void AConfigurationWhosePropertiesAreSetToEachOther() => ShapeHarness.Verify("""
        public sealed record Config
        {
            public required int Hidden { get; init; }
            public required int Embedding { get; init; }

            public static Config Small() => new() { Hidden = 64, Embedding = 64 };
        }

        public sealed partial class Model(Config config)
        {
            private readonly Linear _a = new(config.Embedding, config.Embedding);
            private readonly Linear _b = new(config.Hidden, config.Hidden);

            [Differentiable]
            public Tensor Forward(Tensor x) => _b.Forward(_a.Forward(x));
        }
        """);

    [Fact]
    public void AConfigurationThatIsComputedOrChanges() => ShapeHarness.Verify("""
        public sealed class Config
        {
            public int Hidden { get; set; }
            public int Heads { get; init; }
            public int Width => Hidden / Heads * Heads;
        }

        public sealed partial class Model(Config config)
        {
            private readonly Linear _a = new(config.Heads, config.Hidden);
            private readonly Linear _b = new(config.Width, config.Heads);

            [Differentiable]
            public Tensor Forward(Tensor x) => _b.Forward(_a.Forward(x));
        }
        """);
}
