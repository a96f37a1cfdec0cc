namespace Lora.Testing.Tests;

/// <summary>Each fault that the proofs are for is caught by its proof, and by its name.</summary>
[Collection("one seed")]
public sealed class PlantedFaultTests
{
    private static readonly Tensor _x = Tensor.RandomNormal(1, 3, 4);
    private static readonly Tensor _target = Tensor.RandomNormal(2, 3, 4);

    public PlantedFaultTests() => LoraRandom.ManualSeed(42);

    [Theory]
    [InlineData(2.01f)]
    [InlineData(1.98f)]
    [InlineData(-2f)]
    [InlineData(1f)]
    public void A_wrong_derivative(float factor)
    {
        FaultyOperations.Factor = factor;
        var model = new SquareModel();
        ModelProofException fault = Caught("gradients", () => ModelProof.Check(model, m => m.Loss(_x, _target), m => m.LossAndGradients(_x, _target)));
        fault.Message.ShouldContain("a.lora_A: computed ");
        fault.Message.ShouldContain(", by central differences ");
        FaultyOperations.Factor = 2;
        ModelProof.Check(model, m => m.Loss(_x, _target), m => m.LossAndGradients(_x, _target));
    }

    [Fact]
    public void A_derivative_without_one_of_its_terms() => Caught(
        "gradients",
        () => ModelProof.Check(new HalfProductModel(), m => m.Loss(_x, _target), m => m.LossAndGradients(_x, _target)));

    [Fact]
    public void A_derivative_of_zero()
    {
        FaultyOperations.Factor = 0;
        ModelProofException fault = Should.Throw<ModelProofException>(
            () => ModelProof.Check(new SquareModel(), m => m.Loss(_x, _target), m => m.LossAndGradients(_x, _target)));
        FaultyOperations.Factor = 2;
        fault.Report.Proofs.Where(proof => proof.Faults.Count > 0).Select(proof => proof.Name).ShouldBe(["gradients", "frozen weights"]);
    }

    [Fact]
    public void A_generated_method_that_computes_something_else() => Caught(
        "eager = generated",
        () => ModelProof.Check(new ProofModel(), m => m.Loss(_x, _target), m => m.LossAndGradients(_x, _target) * 1.00001f))
        .Message.ShouldContain("the result: generated ");

    [Fact]
    public void A_frozen_weight_that_training_touches()
    {
        var model = new TouchedModel();
        FaultyOperations.Touched = model.Frozen;
        ModelProofException fault = Should.Throw<ModelProofException>(() => ModelProof.Check(model, m => m.Loss(_x, _target), m => m.LossAndGradients(_x, _target)));
        FaultyOperations.Touched = null;
        fault.Report.Proofs.Single(proof => proof.Name == "frozen weights").Faults.Single().ShouldStartWith("frozen.weight: element 0 was ");
        ModelProof.Check(model, m => m.Loss(_x, _target), m => m.LossAndGradients(_x, _target));
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(0, 1)]
    [InlineData(0, -4)]
    public void A_wrong_count(int total, int trainable)
    {
        var model = new ProofModel();
        ModelProofException fault = Caught("count", () => ModelProof.Check(
            new Tampered(model) { Count = count => new ParameterCount(count.Total + total, count.Trainable + trainable) },
            _ => model.Loss(_x, _target),
            _ => model.LossAndGradients(_x, _target)));
        fault.Message.ShouldContain(total != 0 ? "total: counted 77, but " : "trainable: counted " + (32 + trainable));
    }

    [Fact]
    public void A_layer_that_is_counted_and_not_given_to_the_optimiser() => Should.Throw<ModelProofException>(() =>
    {
        var model = new ProofModel();
        ModelProof.Check(
            new Tampered(model) { Parameters = all => [.. all.Skip(1)] }, _ => model.Loss(_x, _target), _ => model.LossAndGradients(_x, _target));
    }).Message.ShouldContain("TrainableParameters: counted 24, but what is trainable are 32");

    [Theory]
    [InlineData(1, null)]
    [InlineData(1.001f, null)]
    [InlineData(1, 1f)]
    [InlineData(1, 0f)]
    public void A_merge_that_scales_the_base_or_forgets_the_scaling(float baseFactor, float? scaling)
    {
        // With alpha = rank the forgotten scaling would not show.
        var model = new CoincidenceModel();
        bool isMerged = false;
        void Check() => ModelProof.Check(
            new Tampered(model) { Merged = value => isMerged = value },
            _ => isMerged ? Nn.MseLoss(model.BadlyMerged(baseFactor, scaling).Forward(_x), _target) : model.Loss(_x, _target),
            _ => model.LossAndGradients(_x, _target));
        if (baseFactor == 1 && scaling is null)
        {
            Check();
        }
        else
        {
            Caught("merged = adapted", Check).Message.ShouldContain("the result: merged ");
        }
    }

    [Fact]
    public void Unmerging_that_is_not_exact()
    {
        var model = new ProofModel();
        ModelProofException fault = Caught("merged = adapted", () => ModelProof.Check(
            new Tampered(model) { Merged = isMerged => Nudge(isMerged ? null : model.Up.Original) },
            _ => model.Loss(_x, _target),
            _ => model.LossAndGradients(_x, _target)));
        fault.Message.ShouldContain("up.weight: element 0 was ");
    }

    [Fact]
    public void An_adapter_that_changes_the_result_at_the_start() => Caught("zero adapter = none", () =>
    {
        // The base is scaled wherever there is an adapter.
        var model = new CoincidenceModel();
        ModelProof.Check(
            model,
            m => Nn.MseLoss(m.Forward(_x), _target) * (((AdaptedLayer)m.NamedLinears()[0].Linear).Adapter is null ? 1 : 1.0000005f),
            m => m.LossAndGradients(_x, _target));
    });

    private static void Nudge(Linear? linear)
    {
        if (linear is null)
        {
            return;
        }

        Tensor weight = Tensor.Zeros(linear.OutFeatures, linear.InFeatures);
        linear.CopyWeightTo(weight);
        weight.Span[0] = MathF.BitIncrement(weight.Span[0]);
        linear.SetWeight(weight);
    }

    private static ModelProofException Caught(string proof, Action check)
    {
        ModelProofException fault = Should.Throw<ModelProofException>(check);
        fault.Report.Proofs.Where(result => result.Faults.Count > 0).Select(result => result.Name).ShouldBe([proof], fault.Message);
        fault.Message.ShouldContain($"FAILED  {proof}");
        return fault;
    }
}
