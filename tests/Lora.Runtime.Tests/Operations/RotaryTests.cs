namespace Lora.Tests.Operations;

public sealed class RotaryTests
{
    [Theory]
    [InlineData(RotaryLayout.HalfSplit)]
    [InlineData(RotaryLayout.Interleaved)]
    public void Later_rows_alone_turn_as_they_do_among_all(RotaryLayout layout)
    {
        var rotary = new RotaryEmbedding(8, 16, 10000, layout);
        Tensor x = Tensor.RandomNormal(1, 2, 9, 16);
        Tensor all = Nn.Rotary(x, rotary, 2);
        Nn.Rotary(Nn.Slice(x, 1, 4, 5), rotary, 6).Span.SequenceEqual(Nn.Slice(all, 1, 4, 5).Span).ShouldBeTrue();
    }

    [Theory]
    [InlineData(RotaryLayout.HalfSplit)]
    [InlineData(RotaryLayout.Interleaved)]
    public void Products_of_turned_heads_depend_on_the_distance_alone(RotaryLayout layout)
    {
        var rotary = new RotaryEmbedding(6, 100, 100, layout);
        Tensor q = Tensor.RandomNormal(1, 1, 6);
        Tensor k = Tensor.RandomNormal(2, 1, 6);
        float Product(int first, int second) => Nn.Sum(Nn.Rotary(q, rotary, first) * Nn.Rotary(k, rotary, second));
        Product(50, 43).ShouldBe(Product(7, 0), 1e-5f);
        Math.Abs(Product(50, 43) - Product(50, 44)).ShouldBeGreaterThan(1e-3f);
    }

    [Fact]
    public void Both_layouts_turn_the_same_pairs_to_the_same_bits()
    {
        for (int half = 1; half <= 40; half++)
        {
            Tensor halves = Tensor.RandomNormal(1, 3, 2 * 2 * half);
            Tensor before = Tensor.RandomNormal(2, 3, 2 * 2 * half);
            var split = new RotaryEmbedding(2 * half, 10, 100);
            var interleaved = new RotaryEmbedding(2 * half, 10, 100, RotaryLayout.Interleaved);
            Interleaved(Nn.Rotary(halves, split, 5)).Span.SequenceEqual(Nn.Rotary(Interleaved(halves), interleaved, 5).Span).ShouldBeTrue($"half {half}");

            Tensor gradient = Interleaved(before);
            Nn.RotaryBackward(interleaved, 5, Interleaved(halves), gradient);
            Nn.RotaryBackward(split, 5, halves, before);
            Interleaved(before).Span.SequenceEqual(gradient.Span).ShouldBeTrue($"half {half}");

            Tensor Interleaved(Tensor x) => Nn.Reshape(Nn.Transpose(Nn.Reshape(x, 6, 2, half), 1, 2), 3, 4 * half);
        }
    }

    [Fact]
    public void Frequencies_may_be_given()
    {
        Tensor x = Tensor.RandomNormal(1, 2, 5, 12);
        Tensor expected = Nn.Rotary(x, new RotaryEmbedding(6, 2000, 300), 1900);
        Nn.Rotary(x, new RotaryEmbedding(RotaryEmbedding.FrequenciesOf(6, 300), 2000), 1900).Span.ToArray().ShouldBe(expected.Span.ToArray());
        var halved = new RotaryEmbedding([.. RotaryEmbedding.FrequenciesOf(6, 300).Select(frequency => frequency / 2)], 4000);
        Tensor row = Tensor.RandomNormal(2, 1, 6);
        Nn.Rotary(row, halved, 3800).Span.ToArray().ShouldBe(Nn.Rotary(row, new RotaryEmbedding(6, 2000, 300), 1900).Span.ToArray());
    }

    [Fact]
    public void Angles_do_not_depend_on_the_order_in_which_positions_are_asked_for()
    {
        Tensor row = Tensor.RandomNormal(2, 1, 8);
        var rotary = new RotaryEmbedding(8, 100_000);
        float[] early = Nn.Rotary(row, rotary, 3).Span.ToArray();
        float[] late = Nn.Rotary(row, rotary, 99_999).Span.ToArray();
        Nn.Rotary(row, rotary, 3).Span.ToArray().ShouldBe(early);
        Nn.Rotary(row, new RotaryEmbedding(8, 100_000), 99_999).Span.ToArray().ShouldBe(late);
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        Should.Throw<ArgumentException>(() => new RotaryEmbedding([], 4));
        Should.Throw<ArgumentException>(() => new RotaryEmbedding([1, double.NaN], 4));
        Should.Throw<ArgumentOutOfRangeException>(() => new RotaryEmbedding(5, 4)).Message.ShouldContain("even");
        Should.Throw<ArgumentOutOfRangeException>(() => new RotaryEmbedding(4, 0));
        Should.Throw<ArgumentOutOfRangeException>(() => new RotaryEmbedding(4, 4, 0));
        Should.Throw<ArgumentOutOfRangeException>(() => new RotaryEmbedding(4, 4, 10, (RotaryLayout)7));
        var rotary = new RotaryEmbedding(4, 6);
        Should.Throw<ArgumentException>(() => Nn.Rotary(Tensor.Zeros(2, 6), rotary)).Message.ShouldContain("[2, 6]");
        Should.Throw<ArgumentException>(() => Nn.Rotary(Tensor.Zeros(4), rotary));
        Should.Throw<ArgumentOutOfRangeException>(() => Nn.Rotary(Tensor.Zeros(3, 4), rotary, 4)).Message.ShouldContain("0 to 5");
        Should.Throw<ArgumentOutOfRangeException>(() => Nn.Rotary(Tensor.Zeros(3, 4), rotary, -1));
        Nn.Rotary(Tensor.Zeros(3, 4), rotary, 3).Length.ShouldBe(12);
    }
}
