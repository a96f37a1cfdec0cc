namespace Lora.Tests.Layers;

public class LoraAdapterTests
{
    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(7, 5, 3)]
    [InlineData(64, 33, 8)]
    [InlineData(19, 70, 16)]
    public void A_merged_weight_is_rounded_once(int inFeatures, int outFeatures, int rank)
    {
        LoraAdapter adapter = LoraAdapter.ForLinear(inFeatures, outFeatures, new LoraSettings { Rank = rank, Alpha = 0.3f });
        Tensor.RandomNormal(1, inFeatures, rank).Span.CopyTo(adapter.A.Span);
        Tensor.RandomNormal(2, rank, outFeatures).Span.CopyTo(adapter.B.Span);
        foreach (bool transposed in new[] { true, false })
        {
            float[] weights = Tensor.RandomNormal(3, inFeatures * outFeatures).Span.ToArray();
            float[] merged = [.. weights];
            adapter.FoldInto(merged, transposed);
            for (int i = 0; i < inFeatures; i++)
            {
                for (int o = 0; o < outFeatures; o++)
                {
                    // Conversion to decimal keeps 15 digits and its sums lose nothing, so an error of half a unit in the last place is seen.
                    decimal sum = 0;
                    for (int r = 0; r < rank; r++)
                    {
                        sum += (decimal)((double)adapter.A.Value[i, r] * adapter.B.Value[r, o]);
                    }

                    int at = transposed ? (o * inFeatures) + i : (i * outFeatures) + o;
                    double expected = (double)((decimal)(double)weights[at] + ((decimal)(double)adapter.Scaling * sum));
                    double error = Math.Abs(merged[at] - expected);
                    error.ShouldBeLessThanOrEqualTo((0.5 + 1e-6) * (MathF.BitIncrement(MathF.Abs(merged[at])) - MathF.Abs(merged[at])));
                    merged[at].ShouldNotBe(weights[at]);
                }
            }
        }
    }

    [Fact]
    public void An_untrained_adapter_changes_no_bit_of_the_weights()
    {
        LoraAdapter adapter = LoraAdapter.ForLinear(20, 12, new LoraSettings { Rank = 4, Alpha = 8 });
        adapter.DrawForLinear(1, "layer");
        float[] weights = Tensor.RandomNormal(3, 240).Span.ToArray();
        float[] merged = [.. weights];
        adapter.FoldInto(merged, transposed: true);
        merged.ShouldBe(weights);
    }
}
