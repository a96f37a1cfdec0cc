namespace Lora.Testing.Tests;

/// <summary>What the proofs leave behind, and whom they refuse.</summary>
[Collection("one seed")]
public sealed class ModelProofTests
{
    private static readonly Tensor _x = Tensor.RandomNormal(1, 3, 4);
    private static readonly Tensor _target = Tensor.RandomNormal(2, 3, 4);

    public ModelProofTests() => LoraRandom.ManualSeed(42);

    [Fact]
    public void Names_what_was_proved()
    {
        ModelProofReport report = ModelProof.Check(new ProofModel(), model => model.Loss(_x, _target), model => model.LossAndGradients(_x, _target));
        report.Proofs.Select(proof => proof.Name).ShouldBe(
            ["count", "eager = generated", "gradients", "frozen weights", "zero adapter = none", "merged = adapted", "PEFT round trip"]);
        report.ToString().ShouldContain("holds   count: trainable params: 32 ||");
        report.ToString().ShouldContain("gradients: 4 tensors");
    }

    [Fact]
    public void Leaves_the_model_as_it_was()
    {
        var model = new ProofModel { Norm = { IsFrozen = false } };
        model.Up.B.Span.Fill(0.25f);
        LoraAdapter adapter = model.Up.Adapter;
        var adam = new Adam(model.TrainableParameters);
        float before = model.LossAndGradients(_x, _target);
        float[][] values = [.. model.TrainableParameters.Select(parameter => parameter.Span.ToArray())];
        adam.ZeroGrad();
        ModelProof.Check(model, m => m.Loss(_x, _target), m => m.LossAndGradients(_x, _target));
        model.Up.Adapter.ShouldBeSameAs(adapter);
        model.TrainableParameters.Select(parameter => parameter.Span.ToArray()).ShouldBe(values);
        model.TrainableParameters.SelectMany(parameter => parameter.Gradient.Span.ToArray()).ShouldAllBe(value => value == 0);
        model.LossAndGradients(_x, _target).ShouldBe(before);
        adam.Step();
        model.Loss(_x, _target).ShouldBeLessThan(before);
    }

    [Theory]
    [InlineData(true, 0f)]
    [InlineData(false, 0.25f)]
    public void Other_kinds_of_adapters(bool useDora, float dropout)
    {
        var model = new ProofModel();
        model.ApplyLora(new LoraOptions { Rank = 2, Alpha = 3, TargetModules = ["up", "down"], UseDora = useDora, Dropout = dropout, AdapterName = "other" });
        ModelProofReport report = ModelProof.Check(model, m => m.Loss(_x, _target), m => m.LossAndGradients(_x, _target));
        report.ToString().ShouldContain(useDora ? "gradients: 2 tensors" : "gradients: 4 tensors");
        ModelState.Of(model).Adapters.Names.ShouldBe(["default", "other"]);
    }

    [Fact]
    public void Dropout_draws_what_it_drew() => ModelProof.Check(
        new DropoutModel(), model => model.Loss(_x, _target), model => model.LossAndGradients(_x, _target));

    [Fact]
    public void Kinks_and_a_loss_of_absolute_values_do_not_confuse_the_differences() => ModelProof.Check(
        new KinkModel(), model => model.Loss(_x, _target), model => model.LossAndGradients(_x, _target));

    [Fact]
    public void A_model_with_nothing_to_train_is_refused() => Should.Throw<InvalidOperationException>(
        () => ModelProof.Check(new PlainModel(), model => model.Loss(_x, _target), model => model.LossAndGradients(_x, _target)))
        .Message.ShouldBe("PlainModel has nothing to train: mark layers with [Lora] or call ApplyLora first.");

    [Fact]
    public void A_merged_model_is_refused()
    {
        var model = new ProofModel();
        model.MergeAdapters();
        Should.Throw<InvalidOperationException>(() => ModelProof.Check(model, m => m.Loss(_x, _target), m => m.LossAndGradients(_x, _target)))
            .Message.ShouldContain("UnmergeAdapters()");
    }

    [Fact]
    public void What_does_not_reach_the_result_is_a_fault_unless_it_is_named()
    {
        var model = new UnusedModel();
        ModelProofException fault = Should.Throw<ModelProofException>(
            () => ModelProof.Check(model, m => m.Loss(_x, _target, useSecond: false), m => m.LossAndGradients(_x, _target, useSecond: false)));
        fault.Report.Proofs.Where(proof => proof.Faults.Count > 0).Select(proof => proof.Name).ShouldBe(["gradients"]);
        fault.Message.ShouldContain("second.lora_A: computed 0, by central differences 0: nothing of it reaches the result");
        ModelProof.Check(
            model, m => m.Loss(_x, _target, useSecond: false), m => m.LossAndGradients(_x, _target, useSecond: false),
            new ModelProofOptions { Unused = ["second.lora_A", "second.lora_B"] });
        ModelProof.Check(model, m => m.Loss(_x, _target, useSecond: true), m => m.LossAndGradients(_x, _target, useSecond: true));
    }
}
