namespace Lora.Generators.Tests;

/// <summary>Dimensions are followed into submodels, whose constructor parameters stand for what they were given.</summary>
public class SubmodelShapeTests
{
    private const string Mlp = """
        public sealed partial class Mlp(int width, int inner)
        {
            private readonly Linear _up = new(width, inner);
            private readonly Linear _down = new(inner, width);

            [Differentiable]
            public Tensor Forward(Tensor x) => _down.Forward(Nn.Gelu(_up.Forward(x)));
        }

        """;

    [Fact]
    public void WhatASubmodelTakes() => ShapeHarness.Verify(Mlp + """
        public sealed partial class Model(int dim, int hidden)
        {
            private readonly Linear _in = new(dim, hidden);
            private readonly Mlp _mlp = new(dim, 4 * dim);

            [Differentiable]
            public Tensor Forward(Tensor x) => {|LORA1001:_mlp.Forward(_in.Forward(x))|};
        }
        """)[0].GetMessage().ShouldContain("'_in' gives [.., hidden]; '_up' of '_mlp' takes [.., dim]");

    [Fact]
    public void WhatASubmodelGives() => ShapeHarness.Verify(Mlp + """
        public sealed partial class Model(int dim, int hidden)
        {
            private readonly Mlp _mlp = new(dim, 4 * dim);
            private readonly Linear _out = new(hidden, dim);

            [Differentiable]
            public Tensor Forward(Tensor x) => {|LORA1001:_out.Forward(_mlp.Forward(x))|};
        }
        """)[0].GetMessage().ShouldContain("'_down' of '_mlp' gives [.., dim]; '_out' takes [.., hidden]");

    [Theory]
    [InlineData("[new(dim, 8), new(dim, 16)]")]
    [InlineData("[.. Enumerable.Range(0, 3).Select(i => new Mlp(dim, 8 << i))]")]
    [InlineData("Enumerable.Range(0, 3).Select(_ => new Mlp(dim, 8)).ToArray()")]
    [InlineData("new Mlp[] { new(dim, 8), new Mlp(dim, 16) }")]
    public void ArraysOfSubmodels(string layers) => ShapeHarness.Verify(Mlp + $$"""
        public sealed partial class Model(int dim, int hidden)
        {
            private readonly Linear _in = new(dim, hidden);
            private readonly Mlp[] _layers = {{layers}};

            [Differentiable]
            public Tensor Forward(Tensor x)
            {
                foreach (Mlp layer in _layers)
                {
                    x = x + layer.Forward(x);
                }

                for (int i = 0; i < _layers.Length; i++)
                {
                    x = x + _layers[i].Forward(x);
                }

                x = _in.Forward(x);
                foreach (Mlp layer in _layers)
                {
                    x = {|LORA1001:layer.Forward(x)|};
                }

                return x;
            }
        }
        """);

    [Fact]
    public void FilledInTheConstructor() => ShapeHarness.Verify(Mlp + """
        public sealed partial class Model
        {
            private readonly Mlp[] _layers;
            private readonly List<Linear> _heads = [];
            private readonly Linear _in;

            public Model(int dim, int count)
            {
                var layers = new Mlp[count];
                for (int i = 0; i < count; i++)
                {
                    layers[i] = new Mlp(dim, 4 * dim);
                    _heads.Add(new Linear(dim, 16));
                }

                _layers = layers;
                _in = new Linear(2 * dim, 2 * dim);
            }

            [Differentiable]
            public float Loss(Tensor x)
            {
                x = _in.Forward(x);
                Tensor y = {|LORA1001:_layers[0].Forward(x)|};
                return Nn.Sum({|LORA1001:_heads[1].Forward(x)|}) + Nn.Sum(y);
            }
        }
        """);

    [Fact]
    public void TwoLevelsDown() => ShapeHarness.Verify(Mlp + """
        public sealed partial class Block(int size)
        {
            private readonly Mlp _mlp = new(size, 2 * size);

            [Differentiable]
            public Tensor Forward(Tensor x) => x + _mlp.Forward(x);
        }

        public sealed partial class Model
        {
            private readonly Block _block = new(32);
            private readonly Linear _in = new(16, 64);

            [Differentiable]
            public Tensor Forward(Tensor x) => {|LORA1001:_block.Forward(_in.Forward(x))|};
        }
        """)[0].GetMessage().ShouldContain("'_in' gives [.., 64]; '_up' of '_mlp' of '_block' takes [.., 32]");

    [Fact]
    public void WhatIsWrongInASubmodelIsReportedThereAlone() => ShapeHarness.Verify("""
        public sealed partial class Broken(int width, int inner)
        {
            private readonly Linear _up = new(width, inner);
            private readonly Linear _down = new(2 * inner, width);

            [Differentiable]
            public Tensor Forward(Tensor x) => {|LORA1001:_down.Forward(_up.Forward(x))|};
        }

        public sealed partial class Model(int dim)
        {
            private readonly Broken _broken = new(dim, 4 * dim);

            [Differentiable]
            public Tensor Forward(Tensor x) => _broken.Forward(x);
        }
        """);

    [Fact]
    public void ArgumentsThatDoNotFitEachOtherAreReportedWhereTheyAreUsed() => ShapeHarness.Verify("""
        public sealed partial class Attention(int width, int heads, int headWidth)
        {
            private readonly Linear _q = new(width, heads * headWidth);
            private readonly Linear _o = new(width, width);

            [Differentiable]
            public Tensor Forward(Tensor x) => _o.Forward(_q.Forward(x));
        }

        public sealed partial class Model
        {
            private readonly Attention _fits = new(64, 4, 16);
            private readonly Attention _attention = new(64, 4, 8);

            [Differentiable]
            public Tensor Forward(Tensor x) => _fits.Forward(x) + {|LORA1001:_attention.Forward(x)|};
        }
        """)[0].GetMessage().ShouldContain("'_q' of '_attention' gives [.., 32]; '_o' of '_attention' takes [.., 64]");

    [Fact]
    public void AConfigurationThatIsHandedOn() => ShapeHarness.Verify("""
        public sealed record Config(int Dim, int Hidden);

        public sealed partial class Inner(Config settings)
        {
            private readonly Linear _fc = new(settings.Dim, settings.Dim);

            [Differentiable]
            public Tensor Forward(Tensor x) => _fc.Forward(x);
        }

        public sealed partial class Model
        {
            private readonly Linear _in;
            private readonly Inner _inner;

            public Model(Config config)
            {
                Config = config;
                _in = new Linear(Config.Dim, 3 * config.Dim);
                _inner = new Inner(config);
            }

            public Config Config { get; }

            [Differentiable]
            public Tensor Forward(Tensor x) => {|LORA1001:_inner.Forward(_in.Forward(x))|};
        }
        """)[0].GetMessage().ShouldContain("'_in' gives [.., 3 * config.Dim]; '_fc' of '_inner' takes [.., config.Dim]");

    [Fact]
    public void AChainedConstructor() => ShapeHarness.Verify("""
        public sealed partial class Inner(int width, int inner)
        {
            private readonly Linear _fc = new(inner, width);

            public Inner(int width) : this(width, 4 * width)
            {
            }

            [Differentiable]
            public Tensor Forward(Tensor x) => _fc.Forward(x);
        }

        public sealed partial class Model(int dim)
        {
            private readonly Linear _in = new(dim, dim);
            private readonly Inner _inner = new(dim);

            [Differentiable]
            public Tensor Forward(Tensor x) => {|LORA1001:_inner.Forward(_in.Forward(x))|};
        }
        """)[0].GetMessage().ShouldContain("'_fc' of '_inner' takes [.., 4 * dim]");
}
