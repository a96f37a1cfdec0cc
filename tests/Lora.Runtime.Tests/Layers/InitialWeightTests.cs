namespace Lora.Tests.Layers;

/// <summary>The stream that layers draw from is one for the whole process, so that no other test may make layers meanwhile.</summary>
[CollectionDefinition(nameof(SharedDraws), DisableParallelization = true)]
public sealed class SharedDraws;

/// <summary>Initial weights are drawn into their packed place, as if into a row-major matrix.</summary>
[Collection(nameof(SharedDraws))]
public sealed class InitialWeightTests
{
    [Theory]
    [InlineData(5, 3)]
    [InlineData(48, 16)]
    [InlineData(131, 47)]
    public void Weights_are_the_draws_of_the_shared_stream_in_order(int outFeatures, int inFeatures)
    {
        LoraRandom.ManualSeed(9);
        float bound = (float)(1 / Math.Sqrt(inFeatures));
        float[] expected = new float[outFeatures * inFeatures];
        float[] expectedBias = new float[outFeatures];
        LoraRandom.FillSharedUniform(expected, -bound, bound);
        LoraRandom.FillSharedUniform(expectedBias, -bound, bound);
        float[] expectedTable = new float[outFeatures * inFeatures];
        LoraRandom.FillSharedNormal(expectedTable, 1);

        LoraRandom.ManualSeed(9);
        var linear = new Linear(inFeatures, outFeatures);
        var embedding = new Embedding(outFeatures, inFeatures);
        float[] values = new float[expected.Length];
        linear.CopyWeightTo(values);
        values.ShouldBe(expected);
        float[] bias = new float[outFeatures];
        linear.CopyBiasTo(bias);
        bias.ShouldBe(expectedBias);
        embedding.CopyWeightTo(values);
        values.ShouldBe(expectedTable);
    }

    [Fact]
    public void A_layer_is_made_without_a_second_copy_of_its_weights()
    {
        _ = new Linear(512, 64);
        long before = GC.GetAllocatedBytesForCurrentThread();
        var linear = new Linear(512, 16384, bias: false);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(linear.InFeatures * linear.OutFeatures * sizeof(float) * 5L / 4);
    }
}
