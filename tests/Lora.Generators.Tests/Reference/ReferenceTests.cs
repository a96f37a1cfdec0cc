extern alias reference;

using reference::Lora;
using Nn = reference::Lora.Nn;
using Tensor = reference::Lora.Tensor;

namespace ReferenceChecks;

/// <summary>The double-precision twin against numbers from outside: tables, closed forms and small cases done by hand.</summary>
public class ReferenceTests
{
    // Φ(1) = 0.841344746068543, Φ(-2) = 0.0227501319481792, Φ(0.5) = 0.691462461274013, Φ(5) = 1 - 2.866515718791939e-7.
    [Theory]
    [InlineData(1, 0.841344746068543)]
    [InlineData(-2, -2 * 0.0227501319481792)]
    [InlineData(0.5, 0.5 * 0.691462461274013)]
    [InlineData(5, 5 * (1 - 2.866515718791939e-7))]
    [InlineData(0, 0)]
    public void Gelu(double x, double expected) => Nn.Gelu(Row(x)).Span[0].ShouldBe(expected, 1e-13);

    [Fact]
    public void Activations()
    {
        Nn.Silu(Row(2)).Span[0].ShouldBe(1.761594155955765, 1e-14);
        Nn.Sigmoid(Row(-1)).Span[0].ShouldBe(0.268941421369995, 1e-14);
        Nn.GeluTanh(Row(1)).Span[0].ShouldBe(0.841191990608276, 1e-13);
        Nn.Relu(Row(-1, 2)).Span.ToArray().ShouldBe([0, 2]);
        Nn.SwiGlu(Row(2), Row(3)).Span[0].ShouldBe(3 * 1.761594155955765, 1e-13);
    }

    [Fact]
    public void Softmax()
    {
        Tensor x = Tensor.From([0, Math.Log(2), Math.Log(5), 1000, 1000, 1000], 2, 3);
        Values(Nn.Softmax(x)).ShouldBe([0.125, 0.25, 0.625, 1 / 3.0, 1 / 3.0, 1 / 3.0], 1e-14);
        Values(Nn.LogSoftmax(x)).ShouldBe([Math.Log(0.125), Math.Log(0.25), Math.Log(0.625), -Math.Log(3), -Math.Log(3), -Math.Log(3)], 1e-13);
    }

    [Fact]
    public void Broadcasting()
    {
        Tensor column = Tensor.From([10.0, 20], 2, 1);
        Tensor row = Tensor.From([1.0, 2, 3], 3);
        Tensor sum = column + row;
        sum.Shape.ToArray().ShouldBe([2, 3]);
        Values(sum).ShouldBe([11, 12, 13, 21, 22, 23]);
        Values(1 - (row / 2)).ShouldBe([0.5, 0, -0.5]);
        Values(6 / row).ShouldBe([6, 3, 2]);
        Should.Throw<ArgumentException>(() => row + Tensor.From([1.0, 2], 2));
    }

    [Fact]
    public void MatMul()
    {
        Tensor a = Tensor.From([1.0, 2, 3, 4, 5, 6], 2, 3);
        Values(Nn.MatMul(a, Nn.Transpose(a))).ShouldBe([14, 32, 32, 77]);
        Tensor batches = Nn.MatMul(Nn.Reshape(Nn.Concat(a, a * 2, 0), 2, 2, 3), Tensor.From([1.0, 0, -1], 3, 1));
        batches.Shape.ToArray().ShouldBe([2, 2, 1]);
        Values(batches).ShouldBe([-2, -2, -4, -4]);
    }

    [Fact]
    public void Layout()
    {
        Tensor x = Tensor.From([0.0, 1, 2, 3, 4, 5, 6, 7], 2, 2, 2);
        Values(Nn.Transpose(x, 0, 2)).ShouldBe([0, 4, 2, 6, 1, 5, 3, 7]);
        Values(Nn.Slice(x, 1, 1, 1)).ShouldBe([2, 3, 6, 7]);
        Values(Nn.Concat(Nn.Slice(x, -1, 1, 1), Nn.Slice(x, -1, 0, 1), -1)).ShouldBe([1, 0, 3, 2, 5, 4, 7, 6]);
        Nn.Reshape(x, 4, -1).Shape.ToArray().ShouldBe([4, 2]);
        Values(Nn.Sum(x, 0)).ShouldBe([4, 6, 8, 10]);
        Nn.Mean(x, -1, keepDims: true).Shape.ToArray().ShouldBe([2, 2, 1]);
        Values(Nn.Mean(x, -1, keepDims: true)).ShouldBe([0.5, 2.5, 4.5, 6.5]);
    }

    [Fact]
    public void Losses()
    {
        Nn.MseLoss(Row(1, 2), Row(3, -1)).ShouldBe(6.5);
        Nn.MaeLoss(Row(1, 2), Row(3, -1)).ShouldBe(2.5);
        Tensor logits = Tensor.From([0, Math.Log(3), 5, 5, Math.Log(4), 0], 3, 2);
        Nn.CrossEntropy(logits, [1, -100, 1]).ShouldBe((Math.Log(4 / 3.0) + Math.Log(5)) / 2, 1e-14);
        Nn.BinaryCrossEntropyWithLogits(Row(0, Math.Log(3)), Row(1, 0)).ShouldBe((Math.Log(2) + Math.Log(4)) / 2, 1e-14);
    }

    [Fact]
    public void CausalAttentionSeesThePast()
    {
        // One head of width 1 and equal scores: position t averages the values up to t.
        Tensor q = Tensor.Zeros(3, 1);
        Values(Nn.CausalAttention(q, q, Tensor.From([3.0, 5, 10], 3, 1), 1)).ShouldBe([3, 4, 6], 1e-14);
        Values(Nn.Attention(q, q, Tensor.From([3.0, 5, 10], 3, 1), 1)).ShouldBe([6, 6, 6], 1e-14);
        Values(Nn.CausalAttention(Tensor.Zeros(1, 1), q, Tensor.From([3.0, 5, 10], 3, 1), 1)).ShouldBe([6], 1e-14);
    }

    [Fact]
    public void AttentionScalesGroupsAndMasks()
    {
        // Two heads of width 2 that share one key head; the scores are (q·k)/√2.
        double root = Math.Sqrt(2);
        Tensor q = Tensor.From([root, 0, 0, 0], 1, 4);
        Tensor k = Tensor.From([Math.Log(3), 0, 0, 7], 2, 2);
        Tensor v = Tensor.From([4.0, 8, 0, 0], 2, 2);
        Values(Nn.Attention(q, k, v, 2)).ShouldBe([3, 6, 2, 4], 1e-13);
        Values(Nn.Attention(q, k, v, 2, Tensor.From([double.NegativeInfinity, 0], 1, 2))).ShouldBe([0, 0, 0, 0], 1e-14);
        Values(Nn.Attention(q, k, v, 2, Tensor.From([0, -Math.Log(3)], 2))).ShouldBe([3.6, 7.2, 3, 6], 1e-13);
    }

    [Theory]
    [InlineData(RotaryLayout.HalfSplit, new[] { 0, 2, 1, 3 })]
    [InlineData(RotaryLayout.Interleaved, new[] { 0, 1, 2, 3 })]
    public void RotaryTurnsPairs(RotaryLayout layout, int[] order)
    {
        var rotary = new RotaryEmbedding(4, 16, theta: 100, layout);
        Tensor x = Tensor.Zeros(2, 4);
        x[1, order[0]] = 1;
        x[1, order[3]] = 2;
        Tensor turned = Nn.Rotary(x, rotary, position: 4);
        turned[1, order[0]].ShouldBe(Math.Cos(5), 1e-14);
        turned[1, order[1]].ShouldBe(Math.Sin(5), 1e-14);
        turned[1, order[2]].ShouldBe(-2 * Math.Sin(0.5), 1e-14);
        turned[1, order[3]].ShouldBe(2 * Math.Cos(0.5), 1e-14);
        Values(Nn.Slice(turned, 0, 0, 1)).ShouldBe([0, 0, 0, 0]);
    }

    [Fact]
    public void Layers()
    {
        Linear linear = Linear.From(Tensor.From([1.0, 2, 3, 4, 5, 6], 3, 2), Tensor.From([0.5, 0, -0.5], 3));
        Values(linear.Forward(Row(1, -1))).ShouldBe([-0.5, -1, -1.5]);
        linear.Adapter = new LoraAdapter(Tensor.From([1.0, 2], 2, 1), Tensor.From([1.0, 0, -1], 1, 3), Scaling: 3);
        Values(linear.Forward(Row(1, -1))).ShouldBe([-3.5, -1, 1.5]);
        Values(linear.ForwardFrozen(Row(1, -1))).ShouldBe([-0.5, -1, -1.5]);

        var norm = new RmsNorm(2, epsilon: 0);
        Values(norm.Forward(Row(1, 7))).ShouldBe([0.2, 1.4], 1e-14);
        var layerNorm = new LayerNorm(2, epsilon: 0);
        layerNorm.SetBias(Row(1, 1));
        Values(layerNorm.Forward(Row(1, 7))).ShouldBe([0, 2], 1e-14);

        Embedding embedding = Embedding.From(Tensor.From([1.0, 2, 3, 4], 2, 2));
        embedding.Adapter = new LoraAdapter(Tensor.From([1.0, 0], 2, 1), Tensor.From([1.0, 1], 1, 2), Scaling: 2);
        Values(embedding.Forward([1, 0])).ShouldBe([3, 4, 3, 4]);
        embedding.Forward([1, 0], 2).Shape.ToArray().ShouldBe([2, 1, 2]);
        Values(Nn.Project(Row(1, 1), embedding)).ShouldBe([7, 7]);
    }

    private static Tensor Row(params double[] values) => Tensor.From((ReadOnlySpan<double>)values, values.Length);

    private static double[] Values(Tensor tensor) => tensor.Span.ToArray();
}
