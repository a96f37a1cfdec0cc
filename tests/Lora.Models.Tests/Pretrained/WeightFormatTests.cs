namespace Lora.Models.Tests;

/// <summary>Frozen weights in bfloat16: the model of the rounded weights, in half the memory.</summary>
public sealed class WeightFormatTests
{
    private static readonly int[] _tokens = [1, 4, 7, 2, 9, 3, 5, 1];
    private static readonly int[] _targets = [4, 7, 2, 9, 3, 5, 1, 6];

    [Theory]
    [InlineData("gpt2")]
    [InlineData("llama3-scaled")]
    [InlineData("qwen3")]
    public void A_model_in_bfloat16_is_the_model_of_the_rounded_weights(string name)
    {
        ICausalLanguageModel half = CausalLanguageModel.Load(TorchGolden.PathOf(name), WeightFormat.BFloat16);
        ICausalLanguageModel rounded = CausalLanguageModel.Load(TorchGolden.PathOf(name));
        rounded.LoadStateDict(half.StateDict());
        new TorchGolden(name).Adapt(half);
        new TorchGolden(name).Adapt(rounded);
        half.LossAndGradients(_tokens, _targets, 2).ShouldBe(rounded.LossAndGradients(_tokens, _targets, 2), 1e-6f);
        foreach ((Parameter actual, Parameter expected) in half.TrainableParameters.Zip(rounded.TrainableParameters))
        {
            Numbers.MaxDifference(actual.Gradient.Span.ToDoubles(), expected.Gradient.Span.ToDoubles()).ShouldBeLessThan(1e-5);
        }

        half.WeightRoundingError.ShouldBeInRange(1e-4, 1.0 / 256);
        rounded.WeightRoundingError.ShouldBe(0);
    }

    [Fact]
    public void Setting_the_format_later_gives_the_same_bits()
    {
        LlamaForCausalLM loaded = Models.Llama.Load(TorchGolden.PathOf("llama3-scaled"), WeightFormat.BFloat16);
        LlamaForCausalLM converted = Models.Llama.Load(TorchGolden.PathOf("llama3-scaled"));
        long before = ModelMemory.Of(converted).Weights;
        converted.SetWeightFormat(WeightFormat.BFloat16);
        converted.Forward(_tokens, 1).Span.SequenceEqual(loaded.Forward(_tokens, 1).Span).ShouldBeTrue();
        ModelMemory.Of(converted).Weights.ShouldBeLessThan((long)(0.6 * before));
        ModelMemory.Of(converted).Weights.ShouldBe(ModelMemory.Of(loaded).Weights);
        converted.WeightRoundingError.ShouldBe(loaded.WeightRoundingError, 1e-12);
    }

    [Fact]
    public void Rounded_weights_stay_what_they_are_in_float32()
    {
        LlamaForCausalLM model = Models.Llama.Load(TorchGolden.PathOf("llama3-scaled"), WeightFormat.BFloat16);
        float[] half = model.Forward(_tokens, 1).Span.ToArray();
        model.SetWeightFormat(WeightFormat.Float32);
        Numbers.MaxDifference(model.Forward(_tokens, 1).Span.ToDoubles(), half.AsSpan().ToDoubles()).ShouldBeLessThan(2e-5);
        model.WeightRoundingError.ShouldBe(0);
    }

    [Fact]
    public void Merging_keeps_every_digit_of_the_adapter_and_unmerging_gives_the_bits_back()
    {
        var golden = new TorchGolden("llama3-scaled");
        LlamaForCausalLM model = Models.Llama.Load(TorchGolden.PathOf("llama3-scaled"), WeightFormat.BFloat16);
        golden.Adapt(model);
        float[] adapted = model.Forward(_tokens, 1).Span.ToArray();
        model.MergeAdapters();
        Numbers.MaxDifference(model.Forward(_tokens, 1).Span.ToDoubles(), adapted.AsSpan().ToDoubles()).ShouldBeLessThan(2e-5);
        Should.Throw<InvalidOperationException>(() => model.SetWeightFormat(WeightFormat.Float32));
        model.UnmergeAdapters();
        model.Forward(_tokens, 1).Span.SequenceEqual(adapted).ShouldBeTrue();
    }

    [Fact]
    public void An_unknown_format_is_refused()
    {
        LlamaForCausalLM model = Models.Llama.Load(TorchGolden.PathOf("llama3-scaled"));
        Should.Throw<ArgumentOutOfRangeException>(() => model.SetWeightFormat((WeightFormat)7));
    }
}
