namespace Lora.Tests.Operations;

public sealed class DropoutTests
{
    private static readonly RandomKey _key = new(42, 5, 1);

    [Fact]
    public void The_share_of_zeros_is_the_probability_and_the_rest_is_scaled()
    {
        Tensor result = Nn.Dropout(Tensor.Full(1, 100_000), 0.3f, _key);
        int zeros = result.Span.Count(0f);

        // Six standard deviations of a binomial distribution.
        zeros.ShouldBeInRange(30_000 - 870, 30_000 + 870);
        result.Span.ToArray().Distinct().Order().ToArray().ShouldBe([0, 1 / 0.7f]);
    }

    [Fact]
    public void The_mask_depends_on_the_key_alone()
    {
        Tensor x = Tensor.Full(1, 1000);
        float[] mask = Nn.Dropout(x, 0.5f, _key).Span.ToArray();
        Nn.Dropout(x, 0.5f, _key).Span.ToArray().ShouldBe(mask);
        foreach (RandomKey other in new[] { _key with { Seed = 43 }, _key with { Step = 6 }, _key with { Call = 2 } })
        {
            int same = Nn.Dropout(x, 0.5f, other).Span.ToArray().Zip(mask).Count(pair => pair.First == pair.Second);
            same.ShouldBeInRange(400, 600);
        }
    }

    [Fact]
    public void Outside_training_it_is_the_identity_and_in_its_scope_it_draws_the_masks_of_the_step()
    {
        Tensor x = Tensor.RandomNormal(1, 300);
        Nn.Dropout(x, 0.5f).Span.SequenceEqual(x.Span).ShouldBeTrue();
        using (new LayersModel().TrainingMode(3))
        {
            var first = new RandomKey(LoraRandom.Seed, 3, 1);
            Nn.Dropout(x, 0.5f).Span.SequenceEqual(Nn.Dropout(x, 0.5f, first).Span).ShouldBeTrue();
            Nn.Dropout(x, 0.5f).Span.SequenceEqual(Nn.Dropout(x, 0.5f, first with { Call = 2 }).Span).ShouldBeTrue();
        }

        Nn.Dropout(x, 0.5f).Span.SequenceEqual(x.Span).ShouldBeTrue();
    }

    [Theory]
    [InlineData(-0.1f)]
    [InlineData(1.1f)]
    [InlineData(float.NaN)]
    public void A_probability_outside_its_range_is_refused(float probability) =>
        Should.Throw<ArgumentOutOfRangeException>(() => Nn.Dropout(Tensor.Zeros(1), probability)).Message.ShouldContain("between 0 and 1");
}
