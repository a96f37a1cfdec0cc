namespace Lora.Models.Tests;

/// <summary>The generated training members against the class's own body run eagerly.</summary>
public sealed class LlamaGeneratedCodeTests
{
    [Theory]
    [InlineData("tied")]
    [InlineData("untied")]
    public void Eager_and_generated_agree(string name)
    {
        LlamaForCausalLM model = LlamaGoldenTests.Adapted(name);
        TokenRows rows = LlamaGoldenTests.FirstBatch(name);
        double eagerLoss = model.Loss(rows.Tokens, rows.Targets, rows.Batch);
        ((double)model.LossAndGradients(rows.Tokens, rows.Targets, rows.Batch)).ShouldBe(eagerLoss, 1e-6 * eagerLoss);
        double[] eager = model.Forward(rows.Tokens, rows.Batch).Span.ToDoubles();
        double[] generated = model.ForwardWithPullback(rows.Tokens, rows.Batch).Value.Span.ToDoubles();
        Numbers.RelativeDistance(generated, eager).ShouldBeLessThanOrEqualTo(1e-6);
    }

    [Fact]
    public void Gradients_add_up_over_calls()
    {
        LlamaForCausalLM model = LlamaGoldenTests.Adapted("tied");
        TokenRows rows = LlamaGoldenTests.FirstBatch("tied");
        model.LossAndGradients(rows.Tokens, rows.Targets, rows.Batch);
        double[] once = [.. model.TrainableParameters.SelectMany(parameter => parameter.Gradient.Span.ToDoubles())];
        model.LossAndGradients(rows.Tokens, rows.Targets, rows.Batch);
        double[] twice = [.. model.TrainableParameters.SelectMany(parameter => parameter.Gradient.Span.ToDoubles())];
        Numbers.RelativeDistance([.. twice.Select(value => value / 2)], once).ShouldBeLessThan(1e-6);
    }

    [Fact]
    public void Batches_of_other_shapes_follow_each_other()
    {
        LlamaForCausalLM model = LlamaGoldenTests.Adapted("tied");
        TokenRows rows = LlamaGoldenTests.FirstBatch("tied");
        foreach (int length in (int[])[6, 3, 1, 6])
        {
            float loss = model.LossAndGradients(rows.Tokens.AsSpan(0, length), rows.Targets.AsSpan(0, length), batch: 1);
            loss.ShouldBe(model.Loss(rows.Tokens.AsSpan(0, length), rows.Targets.AsSpan(0, length), batch: 1), 1e-6f * loss);
        }
    }
}
