namespace Lora.Generators.Tests;

/// <summary>Two models with bodies of forms that the other programs do not have: a recurrence over time, and a mixture of experts.</summary>
public class NewcomerTests
{
    private const string Recurrent = """
        using Lora;

        namespace Newcomers;

        public enum Readout { Last, Mean, All }

        public sealed partial class Recurrent(int width, int classes)
        {
            [Lora(Rank = 2, Alpha = 5)] private readonly Linear _input = new(width, width);
            [Lora(Rank = 3, Alpha = 4, UseRsLora = true)] private readonly Linear _recurrent = new(width, width, bias: false);
            [Trainable] private readonly LayerNorm _norm = new(width);
            [Trainable] private readonly Linear _classifier = new(width, classes);

            [Differentiable]
            private Tensor Cell(Tensor x, Tensor? hidden)
            {
                Tensor gate = _input.Forward(x);
                if (hidden is not null)
                {
                    Tensor remembered = _recurrent.Forward(hidden);
                    return Nn.Tanh(gate + remembered) * 0.5f + hidden * 0.5f;
                }

                return Nn.Tanh(gate);
            }

            [Differentiable]
            public Tensor Forward(Tensor sequence, Readout readout = Readout.Last, int limit = 100)
            {
                Tensor? hidden = null;
                Tensor? history = null;
                int steps = sequence.Shape[1];
                for (int t = 0; t < steps; t++)
                {
                    if (t >= limit)
                    {
                        break;
                    }

                    hidden = Cell(Nn.Slice(sequence, 1, t, 1), hidden);
                    history = history is null ? hidden : Nn.Concat(history, hidden, 1);
                }

                if (hidden is null || history is null)
                {
                    throw new System.ArgumentException("The sequence is empty.", nameof(sequence));
                }

                Tensor summary = readout == Readout.Last ? hidden : readout == Readout.Mean ? Nn.Mean(history, 1, keepDims: true) : history;
                return _classifier.Forward(_norm.Forward(summary));
            }

            [Differentiable]
            public float Loss(Tensor sequence, int[] labels, Readout readout, int limit) =>
                Nn.CrossEntropy(Forward(sequence, limit: limit, readout: readout), labels);
        }
        """;

    private const string Mixture = """
        using Lora;

        namespace Newcomers;

        public partial class Layers
        {
            public sealed partial record Expert(int Width, int Depth)
            {
                [Lora(Rank = 2, Alpha = 3)] private readonly Linear _up = new(Width, 2 * Width);
                private readonly Linear _down = new(2 * Width, Width);

                [Differentiable]
                public Tensor Forward(Tensor x, float slope)
                {
                    for (int depth = Depth; depth > 0; --depth)
                    {
                        x += _down.Forward(Nn.Silu(_up.Forward(x)) * slope) / depth;
                    }

                    return x;
                }
            }
        }

        public sealed partial class Mixture
        {
            private readonly Layers.Expert[] _experts;
            private readonly bool[] _enabled;
            [Lora(Rank = 1, Alpha = 2)] private readonly Linear _gate;

            public Mixture(int width, bool[] enabled)
            {
                _enabled = enabled;
                _gate = new Linear(width, enabled.Length);
                _experts = new Layers.Expert[enabled.Length];
                for (int e = 0; e < enabled.Length; e++)
                {
                    _experts[e] = new Layers.Expert(width, Depth: e + 1);
                }
            }

            [Differentiable]
            public float Loss(Tensor x, Tensor target, float balance)
            {
                Tensor gates = Nn.Softmax(_gate.Forward(x));
                Tensor mixed = Nn.Stop(x) * 0.1f;
                float load = 0f;
                int used = 0;
                for (int e = 0; e < _experts.Length; e++)
                {
                    if (!_enabled[e])
                    {
                        continue;
                    }

                    Tensor share = Nn.Slice(gates, axis: 1, start: e, length: 1);
                    float mean = Nn.Mean(share);
                    mixed = mixed + share * _experts[e].Forward(x, slope: 1f / (e + 1));
                    load += mean * mean - 0.01f / (1f + mean);
                    used++;
                }

                float fit = Nn.MseLoss(mixed, target);
                if (used < 2)
                {
                    return fit;
                }

                return fit + balance * load / used;
            }
        }
        """;

    [Theory]
    [InlineData(0, 100)]
    [InlineData(1, 3)]
    [InlineData(1, 100)]
    public void Recurrence(int readout, int limit) =>
        new ProgramCheck(Recurrent, "new Newcomers.Recurrent(4, 3)").Verify(Inputs.Normal(1, 3, 5, 4), new[] { 2, 0, 1 }, readout, limit);

    [Fact]
    public void RecurrenceReadAtEveryStep() =>
        new ProgramCheck(Recurrent, "new Newcomers.Recurrent(4, 3)").Verify(Inputs.Normal(1, 2, 3, 4), new[] { 2, 0, 1, 1, -100, 2 }, 2, 3);

    [Fact]
    public void RecurrenceWithPullback() =>
        new ProgramCheck(Recurrent, "new Newcomers.Recurrent(4, 3)") { Method = "Forward" }.Verify(Inputs.Normal(1, 3, 5, 4), 1, 4);

    [Theory]
    [InlineData("true, true, true")]
    [InlineData("false, true, true")]
    public void MixtureOfExperts(string enabled) =>
        new ProgramCheck(Mixture, $"new Newcomers.Mixture(4, new[] {{ {enabled} }})")
        {
            Unused = enabled.StartsWith("false") ? ["experts.0.up.lora_A", "experts.0.up.lora_B"] : [],
        }.Verify(Inputs.Normal(1, 6, 4), Inputs.Normal(2, 6, 4), 0.7f);

    [Fact]
    public void PrivateSubmodelOfAPublicMethod() => new ProgramCheck(
        """
        using Lora;

        namespace Newcomers;

        public sealed partial class Shell
        {
            private readonly Core[] _cores = [new(), new()];

            private enum Mode { Plain, Twice }

            [Differentiable]
            public float Loss(Tensor x, Tensor target)
            {
                Mode mode = Mode.Plain;
                foreach (Core core in _cores)
                {
                    x = core.Forward(x, mode);
                    mode = Mode.Twice;
                }

                return Nn.MseLoss(x, target);
            }

            private sealed partial class Core
            {
                [Lora(Rank = 2, Alpha = 3)] private readonly Linear _a = new(4, 4);

                [Differentiable]
                internal Tensor Forward(Tensor x, Mode mode)
                {
                    Tensor y = Nn.Tanh(_a.Forward(x));
                    return mode == Mode.Twice ? Nn.Tanh(_a.Forward(y)) : y;
                }
            }
        }
        """,
        "new Newcomers.Shell()").Verify(Inputs.Normal(1, 6, 4), Inputs.Normal(2, 6, 4));

    [Fact]
    public void MixtureOfOneExpert() =>
        new ProgramCheck(Mixture, "new Newcomers.Mixture(4, new[] { false, true })")
        {
            Unused = ["experts.0.up.lora_A", "experts.0.up.lora_B"],
        }.Verify(Inputs.Normal(1, 6, 4), Inputs.Normal(2, 6, 4), 0.7f);
}
