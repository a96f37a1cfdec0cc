namespace Lora.Generators.Tests;

/// <summary>Whole models as users write them.</summary>
public class ModelTests
{
    [Fact]
    public void AttentionAndRegressor() => new ProgramCheck(
        """
        using Lora;

        public sealed partial class Attention(int dim, int heads)
        {
            [Lora(Rank = 3, Alpha = 4)] private readonly Linear _qProj = new(dim, dim);
            private readonly Linear _kProj = new(dim, dim);
            [Lora(Rank = 3, Alpha = 4)] private readonly Linear _vProj = new(dim, dim);
            private readonly Linear _oProj = new(dim, dim);

            [Differentiable]
            public Tensor Forward(Tensor x)
            {
                Tensor q = _qProj.Forward(x);
                Tensor k = _kProj.Forward(x);
                Tensor v = _vProj.Forward(x);
                return _oProj.Forward(Nn.CausalAttention(q, k, v, heads));
            }
        }

        public sealed partial class Regressor(int dim)
        {
            private readonly Attention[] _layers = [new(dim, 4), new(dim, 4)];
            [Lora(Rank = 2, Alpha = 8)] private readonly Linear _head = new(dim, 5);

            [Differentiable]
            public Tensor Forward(Tensor x)
            {
                foreach (Attention layer in _layers)
                {
                    x = x + layer.Forward(x);
                }
                return _head.Forward(x);
            }

            [Differentiable]
            public float Loss(Tensor x, Tensor target) => Nn.MseLoss(Forward(x), target);
        }
        """,
        "new Regressor(8)").Verify(Inputs.Normal(1, 2, 3, 8), Inputs.Normal(2, 2, 3, 5));

    [Theory]
    [InlineData("false")]
    [InlineData("true")]
    public void Llama(string tied) => new ProgramCheck(
        """
        using Lora;

        namespace Llamas;

        public sealed record Config(int Vocabulary, int Dim, int Hidden, int Layers, int Heads, int KeyHeads, bool Tied)
        {
            public int HeadDim => Dim / Heads;
        }

        public sealed partial class SelfAttention(Config config, RotaryEmbedding rotary)
        {
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _qProj = new(config.Dim, config.Heads * config.HeadDim, bias: false);
            private readonly Linear _kProj = new(config.Dim, config.KeyHeads * config.HeadDim, bias: false);
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _vProj = new(config.Dim, config.KeyHeads * config.HeadDim, bias: false);
            private readonly Linear _oProj = new(config.Heads * config.HeadDim, config.Dim, bias: false);

            [Differentiable]
            public Tensor Forward(Tensor x)
            {
                Tensor q = Nn.Rotary(_qProj.Forward(x), rotary);
                Tensor k = Nn.Rotary(_kProj.Forward(x), rotary);
                return _oProj.Forward(Nn.CausalAttention(q, k, _vProj.Forward(x), config.Heads));
            }
        }

        public sealed partial class FeedForward(Config config)
        {
            private readonly Linear _gateProj = new(config.Dim, config.Hidden, bias: false);
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _upProj = new(config.Dim, config.Hidden, bias: false);
            private readonly Linear _downProj = new(config.Hidden, config.Dim, bias: false);

            [Differentiable]
            public Tensor Forward(Tensor x) => _downProj.Forward(Nn.SwiGlu(_gateProj.Forward(x), _upProj.Forward(x)));
        }

        public sealed partial class Layer(Config config, RotaryEmbedding rotary)
        {
            private readonly RmsNorm _inputLayernorm = new(config.Dim);
            private readonly SelfAttention _selfAttn = new(config, rotary);
            private readonly RmsNorm _postAttentionLayernorm = new(config.Dim);
            private readonly FeedForward _mlp = new(config);

            [Differentiable]
            public Tensor Forward(Tensor x)
            {
                x += _selfAttn.Forward(_inputLayernorm.Forward(x));
                return x + _mlp.Forward(_postAttentionLayernorm.Forward(x));
            }
        }

        public sealed partial class Model
        {
            private readonly Embedding _embedTokens;
            private readonly IReadOnlyList<Layer> _layers;
            private readonly RmsNorm _norm;
            private readonly Linear? _lmHead;

            public Model(Config config)
            {
                var rotary = new RotaryEmbedding(config.HeadDim, 32);
                _embedTokens = new Embedding(config.Vocabulary, config.Dim);
                _layers = [.. Enumerable.Range(0, config.Layers).Select(_ => new Layer(config, rotary))];
                _norm = new RmsNorm(config.Dim);
                _lmHead = config.Tied ? null : new Linear(config.Dim, config.Vocabulary, bias: false);
            }

            [Differentiable]
            public Tensor Forward(ReadOnlySpan<int> ids, int batch)
            {
                Tensor x = _embedTokens.Forward(ids, batch);
                foreach (Layer layer in _layers)
                {
                    x = layer.Forward(x);
                }

                x = _norm.Forward(x);
                return _lmHead is null ? Nn.Project(x, _embedTokens) : _lmHead.Forward(x);
            }

            [Differentiable]
            public float Loss(ReadOnlySpan<int> ids, ReadOnlySpan<int> targets, int batch) => Nn.CrossEntropy(Forward(ids, batch), targets);
        }
        """,
        $"new Model(new Config(11, 8, 12, 2, 4, 2, {tied}))")
    { AllocatesByItself = true }
        .Verify(new[] { 1, 5, 3, 10, 0, 2, 7, 7 }, new[] { 5, 3, 10, 4, 2, 7, -100, 1 }, 2);

    [Fact]
    public void Autoencoder() => new ProgramCheck(
        """
        using Lora;

        public sealed partial class Autoencoder(params int[] widths)
        {
            private readonly Linear[] _encoder = [.. widths.Zip(widths.Skip(1), (from, to) => new Linear(from, to))];
            private readonly Linear[] _decoder = [.. widths.Reverse().Zip(widths.Reverse().Skip(1), (from, to) => new Linear(from, to))];

            [Differentiable]
            public Tensor Encode(Tensor x)
            {
                for (int i = 0; i < _encoder.Length; i++)
                {
                    x = _encoder[i].Forward(x);
                    if (i < _encoder.Length - 1)
                    {
                        x = Nn.Gelu(x);
                    }
                }

                return x;
            }

            [Differentiable]
            public Tensor Decode(Tensor code)
            {
                Tensor h = code;
                foreach (Linear layer in _decoder)
                {
                    h = layer == _decoder[^1] ? layer.Forward(h) : Nn.Gelu(layer.Forward(h));
                }

                return h;
            }

            [Differentiable]
            public float Loss(Tensor x, float sparsity)
            {
                Tensor code = Encode(x);
                float fit = Nn.MseLoss(Decode(code), x);
                if (sparsity > 0)
                {
                    fit += sparsity * Nn.Mean(code * code);
                }

                return fit;
            }
        }
        """,
        "new Autoencoder(6, 5, 3)")
    { ApplyLora = new LoraOptions { Rank = 2, Alpha = 3, TargetMatching = TargetMatching.AllLinear } }.Verify(Inputs.Normal(1, 4, 6), 0.1f);

    [Fact]
    public void MixtureOfExperts() => new ProgramCheck(
        """
        using Lora;

        public sealed partial class Mixture(int experts)
        {
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _router = new(4, experts);
            private readonly List<Linear> _experts = [.. Enumerable.Range(0, experts).Select(_ => new Linear(4, 4))];

            [Differentiable]
            public Tensor Forward(Tensor x)
            {
                Tensor weights = Nn.Softmax(_router.Forward(x));
                Tensor? sum = null;
                for (int i = 0; i < _experts.Count; i++)
                {
                    Tensor own = Nn.Tanh(_experts[i].Forward(x)) * Nn.Slice(weights, -1, i, 1);
                    sum = sum is null ? own : sum + own;
                }

                return sum is null ? x : sum;
            }
        }
        """,
        "new Mixture(3)")
    { Method = "Forward" }.Verify(Inputs.Normal(1, 5, 4));

    [Fact]
    public void Recurrent() => new ProgramCheck(
        """
        using Lora;

        public sealed partial class Recurrent
        {
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _in = new(3, 4);
            [Lora(Rank = 2, Alpha = 5)] private readonly Linear _own = new(4, 4);
            [Lora(Rank = 2, Alpha = 5)] private readonly Linear _gate = new(4, 4);

            [Differentiable]
            private Tensor Cell(Tensor input, Tensor state)
            {
                Tensor gate = Nn.Sigmoid(_gate.Forward(state));
                return gate * Nn.Tanh(_in.Forward(input) + _own.Forward(state)) + (1 - gate) * state;
            }

            [Differentiable]
            public float Loss(Tensor x, Tensor start, Tensor target)
            {
                Tensor state = start;
                float loss = 0;
                int time = x.Shape[1];
                for (int t = 0; t < time; t++)
                {
                    state = Cell(Nn.Reshape(Nn.Slice(x, 1, t, 1), -1, 3), state);
                    if (t == 0)
                    {
                        continue;
                    }

                    loss += Nn.MseLoss(state, target) / time;
                }

                return loss;
            }
        }
        """,
        "new Recurrent()").Verify(Inputs.Normal(1, 2, 4, 3), Inputs.Normal(2, 2, 4), Inputs.Normal(3, 2, 4));
}
