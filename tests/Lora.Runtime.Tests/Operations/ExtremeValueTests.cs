namespace Lora.Tests.Operations;

/// <summary>Large numbers, infinities and NaN give what the formula gives, or NaN, and never a number that is wrong.</summary>
public sealed class ExtremeValueTests
{
    private const float Infinity = float.PositiveInfinity;

    [Fact]
    public void Softmax_neither_overflows_nor_counts_what_is_minus_infinity()
    {
        Tensor result = Nn.Softmax(Tensor.From([1000, 1000, -Infinity, -1e30f, -5000, -5000, -Infinity, -Infinity], 2, 4));
        result.Span.ToArray().ShouldBe([0.5f, 0.5f, 0, 0, 0.5f, 0.5f, 0, 0]);
        Tensor logs = Nn.LogSoftmax(Tensor.From([1e4f, 1e4f, -Infinity, 0], 1, 4));
        logs.Span[0].ShouldBe(-MathF.Log(2), 1e-6f);
        logs.Span[2].ShouldBe(-Infinity);
        logs.Span[3].ShouldBe(-1e4f - MathF.Log(2), 1e-2f);
    }

    [Fact]
    public void Softmax_gives_NaN_in_the_row_that_has_no_answer_alone()
    {
        foreach (float bad in new[] { float.NaN, Infinity })
        {
            Tensor result = Nn.Softmax(Tensor.From([bad, 1, 2, 0, 0, 0], 2, 3));
            result.Span[..3].ToArray().ShouldAllBe(value => float.IsNaN(value));
            result.Span[3..].ToArray().ShouldAllBe(value => Math.Abs(value - (1 / 3f)) < 1e-7f);
        }

        Nn.Softmax(Tensor.Full(-Infinity, 1, 3)).Span.ToArray().ShouldAllBe(value => float.IsNaN(value));
        Nn.LogSoftmax(Tensor.Full(-Infinity, 1, 3)).Span.ToArray().ShouldAllBe(value => float.IsNaN(value));
        Nn.Softmax(Tensor.Zeros(2, 0)).Length.ShouldBe(0);
        Nn.Softmax(Tensor.From([-37], 1, 1))[0, 0].ShouldBe(1);
    }

    [Fact]
    public void Activations_hand_NaN_on_and_hold_far_out()
    {
        Func<Tensor, Tensor>[] activations = [Nn.Relu, Nn.Gelu, Nn.GeluTanh, Nn.Silu, Nn.Tanh, Nn.Sigmoid, Nn.Negate];
        foreach (Func<Tensor, Tensor> activation in activations)
        {
            Tensor result = activation(Tensor.From([1, float.NaN, 1, 1, 1, 1, 1, 1, 1, float.NaN], 10));
            Enumerable.Range(0, 10).Where(i => float.IsNaN(result.Span[i])).ShouldBe([1, 9]);
        }

        foreach (Func<Tensor, Tensor> gate in new Func<Tensor, Tensor>[] { Nn.Relu, Nn.Gelu, Nn.GeluTanh, Nn.Silu })
        {
            gate(Tensor.From([1e30f, 200, -200, -1e15f], 4)).Span.ToArray().ShouldBe([1e30f, 200, 0, 0], 1e-30);
        }
    }

    [Fact]
    public void Cross_entropy_is_right_for_extreme_logits()
    {
        Nn.CrossEntropy(Tensor.From([1e4f, 0, -1e4f], 1, 3), [0]).ShouldBe(0);
        Nn.CrossEntropy(Tensor.From([1e4f, 0, -1e4f], 1, 3), [2]).ShouldBe(2e4f);
        Nn.CrossEntropy(Tensor.From([3, 3, -Infinity], 1, 3), [1]).ShouldBe(MathF.Log(2), 1e-7f);
        Nn.CrossEntropy(Tensor.From([3, 3, -Infinity], 1, 3), [2]).ShouldBe(Infinity);
        Nn.CrossEntropy(Tensor.From([3, float.NaN, 1], 1, 3), [2]).ShouldBe(float.NaN);
        Nn.CrossEntropy(Tensor.From([float.NaN, 0, 2, 2], 2, 2), [-100, 1]).ShouldBe(MathF.Log(2), 1e-7f);
    }

    [Fact]
    public void The_gradient_of_cross_entropy_is_right_for_extreme_logits_and_leaves_ignored_rows_alone()
    {
        Tensor logits = Tensor.From([1e4f, 0, -1e4f, 1, 2, 3, 0, 1e4f, 1e4f], 3, 3);
        int[] targets = [2, -100, 1];
        Tensor saved = Operation.Result(Nn.CrossEntropySaves(logits, targets, -100));
        Nn.CrossEntropyInto(logits, targets, -100, saved).ShouldBe((2e4f + MathF.Log(2)) / 2);
        Tensor gradient = Tensor.Zeros(3, 3);
        Nn.CrossEntropyBackward(logits, targets, -100, saved, 1, gradient);
        gradient.Span.ToArray().ShouldBe([0.5f, 0, -0.5f, 0, 0, 0, 0, -0.25f, 0.25f], 1e-7);
    }

    [Fact]
    public void Binary_cross_entropy_is_right_for_extreme_logits()
    {
        Nn.BinaryCrossEntropyWithLogits(Tensor.From([1e4f, -1e4f], 2), Tensor.From([1, 0], 2)).ShouldBe(0);
        Nn.BinaryCrossEntropyWithLogits(Tensor.From([1e4f, -1e4f], 2), Tensor.From([0, 1], 2)).ShouldBe(1e4f);
        Nn.BinaryCrossEntropyWithLogits(Tensor.From([40], 1), Tensor.From([1], 1)).ShouldBe((float)Math.Exp(-40), 1e-24f);
        Tensor gradient = Tensor.Zeros(2);
        Nn.BinaryCrossEntropyWithLogitsBackward(Tensor.From([1e4f, -1e4f], 2), Tensor.From([0, 1], 2), 1, gradient, null);
        gradient.Span.ToArray().ShouldBe([0.5f, -0.5f]);
    }

    [Fact]
    public void Losses_add_up_in_double_precision()
    {
        // 2²⁴ in float lanes would swallow what is added to it.
        Tensor x = Tensor.Full(1, 1 << 20);
        x.Span[0] = 1 << 25;
        Nn.Sum(x).ShouldBe((1 << 25) + (1 << 20) - 1);
        Nn.MaeLoss(x, Tensor.Zeros(1 << 20)).ShouldBe(33f);
        Nn.MseLoss(Tensor.Full(0.1f, 3_000_000), Tensor.Zeros(3_000_000)).ShouldBe(0.01f, 1e-8f);
    }

    [Fact]
    public void The_mean_absolute_error_has_no_slope_where_it_is_zero()
    {
        Tensor gradient = Tensor.Zeros(3);
        Nn.MaeLossBackward(Tensor.From([1, 2, 3], 3), Tensor.From([1, 1, 4], 3), 3, gradient, null);
        gradient.Span.ToArray().ShouldBe([0, 1, -1]);
    }

    [Fact]
    public void Norms_of_rows_without_spread_are_finite()
    {
        new RmsNorm(4).Forward(Tensor.Zeros(2, 4)).Span.ToArray().ShouldAllBe(value => value == 0);
        new LayerNorm(4).Forward(Tensor.Full(7, 2, 4)).Span.ToArray().ShouldAllBe(value => value == 0);
        Tensor far = new LayerNorm(4).Forward(Tensor.From([10001, 10002, 10003, 10004], 1, 4));
        far.Span[3].ShouldBe(1.5f / MathF.Sqrt(1.25f), 1e-4f);
        float.IsNaN(new RmsNorm(2).Forward(Tensor.From([float.NaN, 1], 1, 2)).Span[1]).ShouldBeTrue();
    }
}
