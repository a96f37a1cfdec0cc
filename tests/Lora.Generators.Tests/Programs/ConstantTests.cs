namespace Lora.Generators.Tests;

/// <summary>What no gradient flows to.</summary>
public class ConstantTests
{
    private static readonly Tensor _x = Inputs.Normal(1, 2, 3, 4);
    private static readonly Tensor _target = Inputs.Normal(2, 2, 3, 4);

    [Fact]
    public void StopOfTheInput() => new ProgramCheck(
        """
        using Lora;

        public sealed partial class Model
        {
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _a = new(4, 4);

            [Differentiable]
            public float Loss(Tensor x, Tensor target)
            {
                Tensor constant = Nn.Stop(x * x);
                Tensor h = _a.Forward(constant) * Nn.Stop(target) + Nn.Stop(x);
                return Nn.MseLoss(h, Nn.Stop(Nn.Tanh(x) + constant));
            }
        }
        """,
        "new Model()")
    { AllocatesByItself = true }.Verify(_x, _target);

    [Fact]
    public void ConstantTensors() => new ProgramCheck(
        """
        using Lora;

        public sealed partial class Model
        {
            private static readonly Tensor Shift = Tensor.From([1f, 2f, 3f, 4f], 4);
            private readonly Tensor _scale = Tensor.From([0.5f, -1.5f, 2f, 0.25f], 4);
            private readonly Tensor? _none = null;
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _a = new(4, 4);

            public Tensor Offset { get; } = Tensor.Full(0.5f, 3, 1);

            [Differentiable]
            public Tensor Forward(Tensor x)
            {
                Tensor scale = _scale;
                Tensor h = (_a.Forward(x) + Shift) * scale;
                if (_none is not null)
                {
                    h += _none;
                }

                scale = h;
                return h * scale + Offset;
            }
        }
        """,
        "new Model()")
    { Method = "Forward" }.Verify(_x);

    [Fact]
    public void ShapesAsConstants() => new ProgramCheck(
        """
        using Lora;

        public sealed partial class Model(int heads)
        {
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _a = new(4, 4);

            [Differentiable]
            public Tensor Forward(Tensor x)
            {
                int batch = x.Shape[0];
                int time = x.Shape[1];
                int width = x.Shape[^1] / heads;
                Tensor q = Nn.Transpose(Nn.Reshape(_a.Forward(x), batch, time, heads, width), 1, 2);
                Tensor scores = Nn.Softmax(Nn.MatMul(q, Nn.Transpose(q)) / MathF.Sqrt(width));
                Tensor mixed = Nn.Transpose(Nn.MatMul(scores, q), 1, 2);
                for (int head = 0; head < heads; head++)
                {
                    mixed = mixed + Nn.Slice(mixed, 2, head, 1) * (1f / (head + 1));
                }

                return Nn.Reshape(mixed, batch, time, -1) + x;
            }
        }
        """,
        "new Model(2)")
    { Method = "Forward" }.Verify(_x);
}
