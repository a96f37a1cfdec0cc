namespace Lora.Tests;

/// <summary>Draws against numbers from a separate implementation (integers and IEEE doubles of another language): the bits are a promise.</summary>
public class LoraRandomTests
{
    [Fact]
    public void The_stream_of_a_seed_has_these_bits()
    {
        var random = new LoraRandom(42);
        ulong[] expected = [0x57e1faba65107204, 0xf4abd143feb24055, 0x7c816738c12903b2, 0x113e5dec6f8fd8a8];
        expected.ShouldAllBe(bits => random.NextUInt64() == bits);
    }

    [Fact]
    public void Normal_draws_have_these_bits()
    {
        Tensor.RandomNormal(42, 8).Span.ToArray().Select(BitConverter.SingleToUInt32Bits).ShouldBe(
            [0xbdff7bfb, 0xbcc433de, 0x3e49bc3f, 0xbf4fc72e, 0xbf180c60, 0x3eefe8a2, 0xbf5cf1bb, 0x3ea6591b]);
    }

    [Fact]
    public void An_adapter_is_drawn_from_the_hash_of_seed_and_path()
    {
        LoraAdapter adapter = LoraAdapter.ForLinear(4, 6, new LoraSettings { Rank = 2, Alpha = 1 });
        adapter.DrawForLinear(7, "layers.0.up");
        adapter.A.Span.ToArray().Select(BitConverter.SingleToUInt32Bits).ShouldBe(
            [0xbeed0b4a, 0x3e1adeaa, 0x3ec292ae, 0x3e20def9, 0x3ef849f0, 0x3e3dc900, 0xbede23a1, 0x3ea4cfde]);
        adapter.B.Span.ToArray().ShouldAllBe(value => value == 0);
    }

    [Theory]
    [InlineData(LoraInit.KaimingUniform, 9)]
    [InlineData(LoraInit.KaimingUniformOverRank, 4)]
    public void Uniform_inits_fill_their_interval(LoraInit init, int fanIn)
    {
        LoraAdapter adapter = LoraAdapter.ForLinear(9, 16, new LoraSettings { Rank = 4, Init = init });
        float largest = 0;
        for (ulong seed = 0; seed < 200; seed++)
        {
            adapter.DrawForLinear(seed, "p");
            largest = Math.Max(largest, adapter.A.Span.ToArray().Max(Math.Abs));
        }

        double expected = 1 / Math.Sqrt(fanIn);
        ((double)largest).ShouldBeInRange(0.99 * expected, expected);
    }

    [Fact]
    public void Normal_draws_have_mean_0_and_deviation_1()
    {
        float[] draws = Tensor.RandomNormal(3, 200_000).Span.ToArray();
        draws.Average().ShouldBe(0, 0.01);
        Math.Sqrt(draws.Average(value => (double)value * value)).ShouldBe(1, 0.01);
        draws.Average(value => Math.Pow(value, 4)).ShouldBe(3, 0.1);
    }

    [Fact]
    public void Bounded_integers_are_even_and_in_range()
    {
        var random = new LoraRandom(5);
        int[] counts = new int[7];
        for (int i = 0; i < 70_000; i++)
        {
            counts[random.NextInt32(7)]++;
        }

        counts.ShouldAllBe(count => Math.Abs(count - 10_000) < 400);
        Should.Throw<ArgumentOutOfRangeException>(() => random.NextInt32(0));
    }
}
