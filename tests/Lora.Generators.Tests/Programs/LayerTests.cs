namespace Lora.Generators.Tests;

/// <summary>Layers of every kind, adapted, trained in full, or frozen.</summary>
public class LayerTests
{
    private static readonly Tensor _x = Inputs.Normal(1, 2, 3, 4);
    private static readonly Tensor _target = Inputs.Normal(2, 2, 3, 4);
    private static readonly int[] _ids = [3, 1, 4, 1, 5, 0];

    [Fact]
    public void Norms() => new ProgramCheck(
        """
        using Lora;

        public sealed partial class Model
        {
            private readonly RmsNorm _first = new(4);
            [Trainable] private readonly RmsNorm _second = new(4, epsilon: 1e-3f);
            private readonly LayerNorm _third = new(4);
            [Trainable] private readonly LayerNorm _fourth = new(4, 1e-2f);
            [Trainable] private readonly LayerNorm _fifth = new(4, bias: false);
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _a = new(4, 4);

            [Differentiable]
            public Tensor Forward(Tensor x)
            {
                Tensor h = _a.Forward(_first.Forward(x));
                h = h + _second.Forward(h);
                h = _a.Forward(_third.Forward(h)) + _fourth.Forward(x);
                return h * _fifth.Forward(h);
            }
        }
        """,
        "new Model()")
    { Method = "Forward" }.Verify(_x);

    [Fact]
    public void TrainedInFull() => new ProgramCheck(
        """
        using Lora;

        public sealed partial class Model
        {
            [Trainable] private readonly Linear _first = new(4, 5);
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _middle = new(5, 5, bias: false);
            [Trainable, Lora(Rank = 2, Alpha = 3)] private readonly Linear _both = new(5, 5);
            [Trainable] private readonly Linear _head = new(5, 4, bias: false);

            [Differentiable]
            public float Loss(Tensor x, Tensor target)
            {
                Tensor h = Nn.Tanh(_first.Forward(x));
                h = Nn.Tanh(_both.Forward(_middle.Forward(h))) + h;
                return Nn.MseLoss(_head.Forward(h), target);
            }
        }
        """,
        "new Model()").Verify(_x, _target);

    [Fact]
    public void TrainableMakesTheOnlyGradient() => new ProgramCheck(
        """
        using Lora;

        public sealed partial class Model
        {
            private readonly Linear _frozen = new(4, 4);
            [Trainable] private readonly Linear _head = new(4, 4);

            [Differentiable]
            public float Loss(Tensor x, Tensor target) => Nn.MseLoss(_head.Forward(Nn.Gelu(_frozen.Forward(x))), target);
        }
        """,
        "new Model()").Verify(_x, _target);

    [Fact]
    public void UnfrozenAtRunTime() => new ProgramCheck(
        """
        using Lora;

        public sealed partial class Model
        {
            private readonly RmsNorm _norm = new(4);
            public readonly Linear Free = new(4, 4);
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _a = new(4, 4);

            [Differentiable]
            public float Loss(Tensor x, Tensor target) => Nn.MseLoss(_a.Forward(_norm.Forward(Free.Forward(x))), target);
        }
        """,
        "new Model()")
    { Prepare = model => model.NamedLinears().Single(named => named.Path == "free").Linear.IsFrozen = false }.Verify(_x, _target);

    [Fact]
    public void EmbeddingWithAdapter() => new ProgramCheck(
        """
        using Lora;

        public sealed partial class Model
        {
            [Lora(Rank = 2, Alpha = 3)] private readonly Embedding _tokens = new(7, 4);
            [Lora(Rank = 1, Alpha = 3)] private readonly Embedding _positions = new(3, 4);
            private readonly Linear _head = new(4, 7);
            private readonly int[] _order = [0, 1, 2, 0, 1, 2];

            [Differentiable]
            public float Loss(ReadOnlySpan<int> ids, ReadOnlySpan<int> targets)
            {
                Tensor h = _tokens.Forward(ids) + _positions.Forward(_order);
                return Nn.CrossEntropy(_head.Forward(Nn.Tanh(h)), targets);
            }
        }
        """,
        "new Model()").Verify(_ids, new[] { 1, 6, 0, 2, -100, 3 });

    [Fact]
    public void EmbeddingOfSeveralSequences() => new ProgramCheck(
        """
        using Lora;

        public sealed partial class Model
        {
            [Trainable] private readonly Embedding _tokens = new(7, 4);
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _q = new(4, 4);

            [Differentiable]
            public float Loss(ReadOnlySpan<int> ids, int[] targets, int batch)
            {
                Tensor h = _tokens.Forward(ids, batch);
                h = Nn.CausalAttention(_q.Forward(h), h, h, 2);
                return Nn.CrossEntropy(h, targets);
            }
        }
        """,
        "new Model()").Verify(_ids, new[] { 1, 3, 0, 2, -100, 3 }, 2);

    [Theory]
    [InlineData("")]
    [InlineData("[Trainable] ")]
    public void TiedHead(string mark) => new ProgramCheck(
        $$"""
        using Lora;

        public sealed partial class Model
        {
            {{mark}}private readonly Embedding _tokens = new(7, 4);
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _a = new(4, 4);

            [Differentiable]
            public float Loss(ReadOnlySpan<int> ids, ReadOnlySpan<int> targets)
            {
                Tensor h = _tokens.Forward(ids);
                h = Nn.Silu(_a.Forward(h)) + h;
                return Nn.CrossEntropy(Nn.Project(h, _tokens), targets);
            }
        }
        """,
        "new Model()").Verify(_ids, new[] { 1, 6, 0, 2, -100, 3 });

    [Theory]
    [InlineData("Rank = 4, Alpha = 0.5f, UseRsLora = true")]
    [InlineData("Rank = 1, Alpha = 1")]
    [InlineData("Rank = 3, Alpha = 7, Init = LoraInit.Gaussian")]
    [InlineData("Rank = 5, Alpha = 7, Init = LoraInit.KaimingUniformOverRank")]
    [InlineData("Rank = 8, Alpha = 4")]
    [InlineData("Rank = 16, Alpha = 4")]
    [InlineData("Rank = 17, Alpha = 4")]
    public void Adapters(string settings) => new ProgramCheck(
        $$"""
        using Lora;

        public sealed partial class Model
        {
            [Lora({{settings}})] private readonly Linear _a = new(18, 17);
            private readonly Linear _head = new(17, 3);

            [Differentiable]
            public float Loss(Tensor x, Tensor target) => Nn.MseLoss(_head.Forward(Nn.Gelu(_a.Forward(x))), target);
        }
        """,
        "new Model()").Verify(Inputs.Normal(1, 4, 18), Inputs.Normal(2, 4, 3));

    [Fact]
    public void AdaptersAppliedToAnUnmarkedModel() => new ProgramCheck(
        """
        using Lora;

        public sealed partial class Block
        {
            private readonly Linear _qProj = new(4, 4);
            private readonly Linear _kProj = new(4, 4);
            private readonly Linear _vProj = new(4, 4);

            [Differentiable]
            public Tensor Forward(Tensor x) => Nn.CausalAttention(_qProj.Forward(x), _kProj.Forward(x), _vProj.Forward(x), 2) + x;
        }

        public sealed partial class Model
        {
            private readonly Block[] _blocks = [new(), new()];
            private readonly Linear _head = new(4, 4);

            [Differentiable]
            public float Loss(Tensor x, Tensor target)
            {
                foreach (Block block in _blocks)
                {
                    x = block.Forward(x);
                }

                return Nn.MseLoss(_head.Forward(x), target);
            }
        }
        """,
        "new Model()")
    { ApplyLora = new LoraOptions { Rank = 3, Alpha = 5 } }.Verify(_x, _target);

    [Fact]
    public void AdaptersAppliedOverMarkedOnes() => new ProgramCheck(
        """
        using Lora;

        public sealed partial class Model
        {
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _up = new(4, 6);
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _down = new(6, 4);

            [Differentiable]
            public float Loss(Tensor x, Tensor target) => Nn.MseLoss(_down.Forward(Nn.Relu(_up.Forward(x))), target);
        }
        """,
        "new Model()")
    { ApplyLora = new LoraOptions { Rank = 4, Alpha = 5, TargetModules = ["up"], UseRsLora = true } }.Verify(_x, _target);

    [Fact]
    public void OneAdapterOfManyLayers() => new ProgramCheck(
        """
        using Lora;

        public sealed partial class Model
        {
            private readonly Linear[] _layers = [new(4, 4), new(4, 4), new(4, 4)];

            [Differentiable]
            public float Loss(Tensor x, Tensor target)
            {
                foreach (Linear layer in _layers)
                {
                    x = Nn.Tanh(layer.Forward(x)) * x;
                }

                return Nn.MseLoss(x, target);
            }
        }
        """,
        "new Model()")
    { ApplyLora = new LoraOptions { Rank = 2, Alpha = 5, TargetModules = ["layers.1"] } }.Verify(_x, _target);

    [Fact]
    public void NothingTrainable() => new ProgramCheck(
        """
        using Lora;

        public sealed partial class Model
        {
            private readonly Linear _a = new(4, 4);

            [Differentiable]
            public Tensor Forward(Tensor x, Tensor y) => Nn.Tanh(_a.Forward(x)) * y;
        }
        """,
        "new Model()")
    { Method = "Forward", HasNoTrainable = true }.Verify(_x, _target);

    [Theory]
    [InlineData(0.5f)]
    [InlineData(0f)]
    public void Dropout(float rate) => new ProgramCheck(
        """
        using Lora;

        public sealed partial class Block(float rate)
        {
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _fc = new(4, 4);

            [Differentiable]
            public Tensor Forward(Tensor x) => Nn.Dropout(Nn.Tanh(_fc.Forward(Nn.Dropout(x, rate))), 0.25f) + x;
        }

        public sealed partial class Model(float rate)
        {
            private readonly Block[] _blocks = [new(rate), new(0.3f)];
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _head = new(4, 4);

            [Differentiable]
            public Tensor Forward(Tensor x, float other)
            {
                Tensor sum = Nn.Dropout(x, other);
                for (int round = 0; round < 2; round++)
                {
                    foreach (Block block in _blocks)
                    {
                        x = block.Forward(x);
                        if (round == 1)
                        {
                            x = Nn.Dropout(x, 0.1f * (round + 1));
                        }
                    }

                    sum += Nn.Dropout(x, probability: other);
                }

                return _head.Forward(sum);
            }
        }
        """,
        $"new Model({rate}f)")
    { Method = "Forward" }.Verify(_x, 0.2f);

    [Fact]
    public void ArraysOfLayersTrainedInFull() => new ProgramCheck(
        """
        using Lora;

        public sealed partial class Model
        {
            [Trainable] private readonly Linear[] _layers = [new(4, 4), new(4, 4), new(4, 4)];
            [Trainable] private readonly List<RmsNorm> _norms = [new(4), new(4), new(4)];

            [Differentiable]
            public float Loss(Tensor x, Tensor target)
            {
                for (int i = 0; i < _layers.Length; i++)
                {
                    x = Nn.Tanh(_layers[i].Forward(_norms[i].Forward(x))) * x;
                }

                return Nn.MseLoss(x, target);
            }
        }
        """,
        "new Model()").Verify(_x, _target);
}
