namespace Lora.Generators.Tests;

/// <summary>Every operation inside a program: with gradients flowing to all of its tensors, from eager to generated code.</summary>
public class OperationTests
{
    private static readonly Tensor _x = Inputs.Normal(1, 2, 3, 4);
    private static readonly Tensor _target = Inputs.Normal(2, 2, 3, 4);

    [Theory]
    [InlineData("Nn.Relu(h)")]
    [InlineData("Nn.Gelu(h)")]
    [InlineData("Nn.GeluTanh(h)")]
    [InlineData("Nn.Silu(h)")]
    [InlineData("Nn.Tanh(h)")]
    [InlineData("Nn.Sigmoid(h)")]
    [InlineData("Nn.Softmax(h)")]
    [InlineData("Nn.LogSoftmax(h)")]
    [InlineData("Nn.SwiGlu(h, g)")]
    [InlineData("Nn.SwiGlu(h, h)")]
    [InlineData("Nn.Negate(h)")]
    [InlineData("Nn.Add(h, g)")]
    [InlineData("Nn.Subtract(h, g)")]
    [InlineData("Nn.Multiply(h, h)")]
    [InlineData("Nn.Divide(h, Nn.Sigmoid(g))")]
    [InlineData("Nn.MatMul(h, Nn.Transpose(g))")]
    [InlineData("Nn.MatMul(Nn.Transpose(h, 1, 2), h)")]
    [InlineData("Nn.MatMul(h, Nn.Reshape(Nn.Slice(g, 0, 1, 1), 4, 3))")]
    [InlineData("Nn.Reshape(h, 4, 6)")]
    [InlineData("Nn.Reshape(Nn.Relu(h), -1)")]
    [InlineData("Nn.Transpose(h, 0, 2)")]
    [InlineData("Nn.Concat(h, g, axis: -1)")]
    [InlineData("Nn.Concat(h, h, 0)")]
    [InlineData("Nn.Concat(h, g, h, 1)")]
    [InlineData("Nn.Concat(h, g, g, h, 2)")]
    [InlineData("Nn.Slice(h, 1, 1, 2)")]
    [InlineData("Nn.Slice(h, axis: -1, start: 0, length: 1)")]
    [InlineData("Nn.Mean(h, 1)")]
    [InlineData("Nn.Mean(h, -1, keepDims: true)")]
    [InlineData("Nn.Sum(h, 0)")]
    [InlineData("Nn.Sum(h, axis: 2, keepDims: true)")]
    [InlineData("Nn.CausalAttention(h, g, h, 2)")]
    [InlineData("Nn.CausalAttention(h, Nn.Slice(g, 2, 0, 2), Nn.Slice(h, 2, 1, 2), heads: 2)")]
    [InlineData("Nn.CausalAttention(Nn.Slice(h, 1, 1, 2), g, h, 1)")]
    [InlineData("Nn.Attention(h, g, h, 2)")]
    [InlineData("Nn.Attention(h, g, h, 2, null)")]
    [InlineData("Nn.Attention(h, h, h, 4, _mask)")]
    [InlineData("Nn.Rotary(h, _rotary)")]
    [InlineData("Nn.Rotary(h, _interleaved, position: 3)")]
    public void OfTensors(string expression) => Program($$"""
            [Differentiable]
            public Tensor Forward(Tensor x, Tensor y)
            {
                Tensor h = _a.Forward(x);
                Tensor g = _b.Forward(y);
                Tensor result = {{expression}};
                return result;
            }
        """, "Forward", expression.Contains('g', StringComparison.Ordinal) && HasG(expression)).Verify(_x, _target);

    [Theory]
    [InlineData("Nn.MseLoss(h, g)")]
    [InlineData("Nn.MaeLoss(h, g)")]
    [InlineData("Nn.BinaryCrossEntropyWithLogits(h, Nn.Sigmoid(g))")]
    [InlineData("Nn.Mean(h) * Nn.Sum(g)")]
    [InlineData("Nn.Mean(Nn.Tanh(h) * g)")]
    [InlineData("Nn.Sum(h * h / (g * g + 1f))")]
    public void ToNumbers(string expression) => Program($$"""
            [Differentiable]
            public float Loss(Tensor x, Tensor y)
            {
                Tensor h = _a.Forward(x);
                Tensor g = _b.Forward(y);
                return {{expression}};
            }
        """, "Loss", usesB: true).Verify(_x, _target);

    [Theory]
    [InlineData("Nn.CrossEntropy(h, targets)")]
    [InlineData("Nn.CrossEntropy(Nn.Reshape(h, 6, 4), targets, ignoreIndex: 3)")]
    public void CrossEntropy(string expression) => Program($$"""
            [Differentiable]
            public float Loss(Tensor x, ReadOnlySpan<int> targets)
            {
                Tensor h = _a.Forward(x);
                return {{expression}};
            }
        """, "Loss", usesB: false).Verify(_x, new[] { 0, 3, 2, 1, -100, 2 }.Select(target => expression.Contains("ignore") ? Math.Abs(target) % 4 : target).ToArray());

    [Theory]
    [InlineData("h + g")]
    [InlineData("h - g")]
    [InlineData("h * g")]
    [InlineData("h / (g * g + 1f)")]
    [InlineData("-h * g")]
    [InlineData("2f * h + 1f - g / 4f")]
    [InlineData("1f - h / g.Shape[1] + 3 * g")]
    [InlineData("(1f / (h * h + 0.5f)) - (2 - g)")]
    [InlineData("h * Nn.Mean(g, -1, keepDims: true)")]
    [InlineData("h + Nn.Mean(Nn.Mean(g, 0), 0)")]
    [InlineData("Nn.Sum(h, 1, keepDims: true) * Nn.Sum(g, 2, keepDims: true)")]
    [InlineData("Nn.Mean(h, 0) - g")]
    [InlineData("h * _scale + _scale / (g * g + 1f)")]
    [InlineData("h * scale + (scale - g) * scale")]
    [InlineData("h * h * g + h * (g - h)")]
    public void Operators(string expression) => Program($$"""
            [Differentiable]
            public Tensor Forward(Tensor x, Tensor y, float scale)
            {
                Tensor h = _a.Forward(x);
                Tensor g = _b.Forward(y);
                return {{expression}};
            }
        """, "Forward", usesB: true).Verify(_x, _target, 0.7f);

    [Fact]
    public void CompoundAssignments() => Program("""
            [Differentiable]
            public Tensor Forward(Tensor x, Tensor y)
            {
                Tensor h = _a.Forward(x);
                Tensor g = _b.Forward(y);
                h += g;
                h *= h;
                g -= 0.5f * h;
                g /= h + 2f;
                h -= g;
                h *= _scale;
                h /= 3f;
                h += 1f;
                return h * g;
            }
        """, "Forward", usesB: true).Verify(_x, _target);

    private static bool HasG(string expression) =>
        System.Text.RegularExpressions.Regex.IsMatch(expression, @"\bg\b");

    private static ProgramCheck Program(string method, string name, bool usesB)
    {
        // A tensor input that no gradient reaches proves nothing, so what leaves g out does without it.
        string body = usesB ? method : method.Replace("Tensor x, Tensor y", "Tensor x, [NoDerivative] Tensor y").Replace("Tensor g = _b.Forward(y);", "");
        return new ProgramCheck(
            $$"""
            using Lora;

            public sealed partial class Model
            {
                [Lora(Rank = 2, Alpha = 3)] private readonly Linear _a = new(4, 4);
                [Lora(Rank = 1, Alpha = 3)] private readonly Linear _b = new(4, 4);
                private readonly Tensor _scale = Tensor.From([0.5f, -1.5f, 2f, 0.25f], 4);
                private readonly Tensor _mask = Tensor.From([0f, -1f, 0.5f, float.NegativeInfinity, 0f, 1f, 0f, 0f, float.NegativeInfinity], 3, 3);
                private readonly RotaryEmbedding _rotary = new(4, 16);
                private readonly RotaryEmbedding _interleaved = new(2, 16, theta: 100f, layout: RotaryLayout.Interleaved);

            {{body}}
            }
            """,
            "new Model()")
        { Method = name, Unused = usesB ? [] : ["b.lora_A", "b.lora_B"] };
    }
}
