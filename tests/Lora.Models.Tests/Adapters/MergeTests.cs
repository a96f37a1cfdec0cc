namespace Lora.Models.Tests;

/// <summary>Merging on whole models whose adapters have alpha ≠ rank and B ≠ 0.</summary>
public sealed class MergeTests
{
    [Theory]
    [InlineData("tied")]
    [InlineData("untied")]
    public void Merged_weights_give_what_the_adapters_give(string name)
    {
        LlamaForCausalLM model = LlamaGoldenTests.Adapted(name);
        TokenRows rows = LlamaGoldenTests.FirstBatch(name);
        double[] adapted = model.Forward(rows.Tokens, rows.Batch).Span.ToDoubles();
        double[] frozen = Models.Llama.Load(Golden.PathOf(name)).Forward(rows.Tokens, rows.Batch).Span.ToDoubles();
        Numbers.MaxDifference(adapted, frozen).ShouldBeGreaterThan(0.1);
        model.MergeAdapters();
        Numbers.MaxDifference(model.Forward(rows.Tokens, rows.Batch).Span.ToDoubles(), adapted).ShouldBeLessThanOrEqualTo(1e-5);
    }

    [Theory]
    [InlineData("tied")]
    [InlineData("untied")]
    public void Unmerging_restores_every_bit(string name)
    {
        LlamaForCausalLM model = LlamaGoldenTests.Adapted(name);
        TokenRows rows = LlamaGoldenTests.FirstBatch(name);
        string before = FrozenWeightsTests.Hash(model.StateDict());
        float[] adapted = model.Forward(rows.Tokens, rows.Batch).Span.ToArray();
        model.MergeAdapters();
        model.UnmergeAdapters();
        FrozenWeightsTests.Hash(model.StateDict()).ShouldBe(before);
        model.Forward(rows.Tokens, rows.Batch).Span.ToArray().ShouldBe(adapted);
    }

    [Fact]
    public void Merging_twice_training_and_saving_while_merged_are_errors()
    {
        LlamaForCausalLM model = LlamaGoldenTests.Adapted("tied");
        TokenRows rows = LlamaGoldenTests.FirstBatch("tied");
        Should.Throw<InvalidOperationException>(model.UnmergeAdapters);
        model.MergeAdapters();
        Should.Throw<InvalidOperationException>(() => model.MergeAdapters());
        Should.Throw<InvalidOperationException>(() => model.LossAndGradients(rows.Tokens, rows.Targets, rows.Batch));
        Should.Throw<InvalidOperationException>(model.StateDict);
        model.UnmergeAdapters();
        model.LossAndGradients(rows.Tokens, rows.Targets, rows.Batch);
    }

    [Fact]
    public void A_merge_that_keeps_no_originals_cannot_be_undone()
    {
        LlamaForCausalLM model = LlamaGoldenTests.Adapted("tied");
        model.MergeAdapters(keepOriginals: false);
        Should.Throw<InvalidOperationException>(model.UnmergeAdapters).Message.ShouldContain("keepOriginals");
    }
}
