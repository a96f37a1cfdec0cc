namespace Lora.Generators.Tests;

/// <summary>Two models written after all the others, in forms that those do not have: towers that are told apart, and windows over time.</summary>
public class LatecomerTests
{
    private const string Contrast = """
        using Lora;

        namespace Latecomers;

        public enum Side { Left, Right }

        public sealed partial record Tower([property: Lora(Rank = 2, Alpha = 3)] Linear Project, Linear? Gate = null)
        {
            public const int Version = 2;

            [Differentiable]
            public Tensor Embed(in Tensor x, float temperature)
            {
                if (temperature <= 0f)
                {
                    throw new ArgumentOutOfRangeException(nameof(temperature), $"v{Version:D2}: {temperature} is colder than {Side.Left} and {Side.Right}.");
                }

                return Nn.Tanh(Project.Forward(x)) * (Gate?.Forward(x) ?? x) / temperature;
            }
        }

        public sealed partial class Contrast<TSide>(int width)
            where TSide : struct, Enum
        {
            private readonly List<Tower?[]> _stages = [[new(new(width, width)), null], [], [new(new(width, width, bias: false), new(width, width))]];

            public required TSide Side { get; init; }

            [Differentiable]
            public float Loss(Tensor left, Tensor right, int[] pairs, float margin)
            {
                int depth = 0;
                foreach (Tower?[] stage in _stages)
                {
                    for (int i = stage.Length; i-- > 0; depth++)
                    {
                        left = stage[i]?.Embed(in left, 1f + depth) ?? Nn.Sigmoid(left);
                        if (stage[^(i + 1)] is { Gate: null } other)
                        {
                            right = other.Embed(temperature: 1f / (1 + i), x: right);
                        }
                    }
                }

                Tensor scores = Nn.MatMul(left, Nn.Transpose(right));
                margin *= Nn.Mean(scores * scores);
                float there = Nn.CrossEntropy(scores, pairs), back = Nn.CrossEntropy(Nn.Transpose(scores), pairs);
                bool isOneWay = EqualityComparer<TSide>.Default.Equals(Side, default);
                return isOneWay ? there - margin : (there + back) / (2 + margin) + margin;
            }
        }
        """;

    private const string Windows = """
        using Lora;

        namespace Latecomers;

        public sealed partial class Windows(int width, int reach, params bool[] residual)
        {
            private static readonly int[][] Plans = [[1, 2], [2]];
            [Trainable] private readonly IReadOnlyList<IReadOnlyList<Linear>> _mixers = [[new(reach * width, width)], [new(reach * width, width, bias: false)]];

            [Lora(Rank = 1, Alpha = 3)]
            public required partial Linear Head { get; init; }

            [Differentiable]
            private static Tensor Activate(Tensor x, string kind)
            {
                if (kind is "squash" or "tanh")
                {
                    return Nn.Tanh(x);
                }
                else if (kind is not ['s', ..])
                {
                    return x;
                }

                return Nn.Silu(x);
            }

            [Differentiable]
            public Tensor Forward(Tensor x, string kinds, ReadOnlySpan<int> dilations)
            {
                for (int stage = 0; stage < dilations.Length; stage++)
                {
                    int step = dilations[stage];
                    Tensor? joined = null;
                    for (int t = 0; t + ((reach - 1) * step) < x.Shape[1]; t++)
                    {
                        Tensor window = Nn.Slice(x, 1, t, 1);
                        for (int k = 1; k < reach; k++)
                            window = Nn.Concat(window, Nn.Slice(x, 1, t + (k * step), 1), axis: -1);
                        Tensor mixed = (stage switch { 0 => _mixers[0][0], _ => _mixers[^1][stage - 1] }).Forward(window);
                        joined = joined is { } ? Nn.Concat(joined, mixed, 1) : mixed;
                    }

                    if (joined is not { })
                    {
                        throw new ArgumentException($"No window of {(reach - 1) * step + 1} in {x.Shape[1]} steps; the plans are {Plans.Length}.", nameof(dilations));
                    }

                    Tensor active = Activate(joined, kinds.Split(',')[stage]);
                    x = residual[stage % residual.Length] ? active + Nn.Slice(x, 1, 0, joined.Shape[1]) : active;
                }

                return Head!.Forward(x);
            }

            [Differentiable]
            public float Loss(Tensor x, Tensor target, float decay)
            {
                float total = 0;
                Tensor y = x;
                foreach (int[] plan in Plans)
                {
                    total = total * decay + Nn.MseLoss(y = Forward(x, "tanh,silu", plan), Nn.Slice(target, 1, 0, y.Shape[1]));
                }

                return total + 0.1f * Nn.Mean(y * y);
            }
        }
        """;

    [Theory]
    [InlineData("Left")]
    [InlineData("Right")]
    public void TowersToldApart(string side) =>
        new ProgramCheck(Contrast, $"new Contrast<Side>(4) {{ Side = Side.{side} }}").Verify(Inputs.Normal(1, 3, 4), Inputs.Normal(2, 3, 4), new[] { 2, 0, 1 }, 0.3f);

    [Theory]
    [InlineData("true, false")]
    [InlineData("false")]
    public void WindowsOverTime(string residual) =>
        new ProgramCheck(Windows, $"new Windows(3, 2, {residual}) {{ Head = new(3, 3) }}") { AllocatesByItself = true }
            .Verify(Inputs.Normal(1, 2, 6, 3), Inputs.Normal(2, 2, 6, 3), 0.7f);

    [Fact]
    public void OneWindowWithPullback() =>
        new ProgramCheck(Windows, "new Windows(3, 3, true) { Head = new(3, 3) }") { Method = "Forward", AllocatesByItself = true, Unused = ["mixers.1.0.weight"] }
            .Verify(Inputs.Normal(1, 2, 6, 3), "squash", new[] { 2 });
}
