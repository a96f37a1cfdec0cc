namespace Lora.Tests.Optimizers;

public class OptimizerTests
{
    private const int Steps = 25;

    // Lengths around the vector widths, so that both the vector loop and the rest are met.
    public static TheoryData<int> Lengths => [1, 3, 8, 16, 17, 67];

    [Theory]
    [MemberData(nameof(Lengths))]
    public void Adam_follows_the_reference(int length) =>
        Check(length, 1, p => new Adam(p, 0.01f), (start, g) => OptimizerReferences.Adam(start, g, Steps, 0.01, 0.9, 0.999, 1e-8, 0));

    [Theory]
    [MemberData(nameof(Lengths))]
    public void Adam_follows_the_reference_with_other_settings(int length) =>
        Check(length, 1, p => new Adam(p, 0.02f, 0.8f, 0.95f, 1e-3f), (start, g) => OptimizerReferences.Adam(start, g, Steps, 0.02, 0.8, 0.95, 1e-3, 0));

    [Theory]
    [MemberData(nameof(Lengths))]
    public void AdamW_follows_the_reference(int length) =>
        Check(
            length, 1, p => new AdamW(p, 0.01f, weightDecay: 0.3f), (start, g) => OptimizerReferences.Adam(start, g, Steps, 0.01, 0.9, 0.999, 1e-8, 0.3));

    [Theory]
    [MemberData(nameof(Lengths))]
    public void Adam_takes_weight_decay_as_part_of_the_gradient(int length) =>
        Check(
            length,
            1,
            p => new Adam(p, 0.01f, weightDecay: 0.3f),
            (start, g) => OptimizerReferences.Adam(start, g, Steps, 0.01, 0.9, 0.999, 1e-8, 0.3, isDecoupled: false));

    [Theory]
    [MemberData(nameof(Lengths))]
    public void Sgd_follows_the_reference(int length) =>
        Check(length, 1, p => new Sgd(p, 0.1f), (start, g) => OptimizerReferences.Sgd(start, g, Steps, 0.1, 0, 0));

    [Theory]
    [MemberData(nameof(Lengths))]
    public void Sgd_follows_the_reference_with_momentum_and_decay(int length) =>
        Check(
            length, 1, p => new Sgd(p, 0.05f, momentum: 0.9f, weightDecay: 0.2f), (start, g) => OptimizerReferences.Sgd(start, g, Steps, 0.05, 0.9, 0.2));

    [Theory]
    [MemberData(nameof(Lengths))]
    public void The_gradient_scale_multiplies_the_gradients(int length)
    {
        Check(length, 0.25f, p => new Adam(p, 0.01f, epsilon: 0.1f), (start, g) => OptimizerReferences.Adam(start, g, Steps, 0.01, 0.9, 0.999, 0.1, 0));
        Check(
            length, 0.25f, p => new Sgd(p, 0.1f, 0.9f, 0.1f), (start, g) => OptimizerReferences.Sgd(start, g, Steps, 0.1, 0.9, 0.1));
    }

    [Fact]
    public void A_first_step_of_Adam_gives_the_golden_numbers()
    {
        // By hand: the first step moves by rate·g/(|g| + ε), whatever the size of g.
        Parameter parameter = Make("p", [1f, -2f, 0.5f], [0.25f, -4f, 0f]);
        new Adam([parameter], 0.125f, epsilon: 0.25f).Step();
        parameter.Span.ToArray().ShouldBe([0.9375f, -1.882352941f, 0.5f], 1e-6);
    }

    [Fact]
    public void A_learning_rate_that_changes_acts_on_the_next_step()
    {
        Parameter parameter = Make("p", [1f], [1f]);
        var sgd = new Sgd([parameter], 0.5f);
        sgd.Step();
        sgd.LearningRate = 0.25f;
        sgd.Step();
        parameter.Span[0].ShouldBe(0.25f);
        sgd.StepCount.ShouldBe(2);
    }

    [Fact]
    public void State_exists_for_the_given_parameters_alone_and_has_PyTorchs_names()
    {
        Parameter a = Make("layer.lora_A", new float[6], new float[6]);
        Parameter b = Make("layer.lora_B", new float[4], new float[4]);
        var adam = new Adam([a, b]);
        adam.State.Select(part => part.Name).ShouldBe(
        [
            "layer.lora_A.exp_avg", "layer.lora_A.exp_avg_sq", "layer.lora_A.step",
            "layer.lora_B.exp_avg", "layer.lora_B.exp_avg_sq", "layer.lora_B.step",
        ]);
        adam.StateBytes.ShouldBe(((2 * 10) + 2) * sizeof(float));
        new Sgd([a, b]).StateBytes.ShouldBe(0);
        new Sgd([a, b], momentum: 0.9f).StateBytes.ShouldBe(10 * sizeof(float));
    }

    [Fact]
    public void Copied_state_goes_on_with_the_same_bits()
    {
        Parameter first = Make("p", Random(5, 40), Random(6, 40));
        Parameter second = Make("p", Random(5, 40), Random(6, 40));
        var original = new AdamW([first], 0.01f);
        original.Step();
        original.Step();
        var resumed = new AdamW([second], 0.01f) { StepCount = original.StepCount };
        first.Span.CopyTo(second.Span);
        foreach (((_, Tensor from), (_, Tensor to)) in original.State.Zip(resumed.State))
        {
            from.Span.CopyTo(to.Span);
        }

        original.Step();
        resumed.Step();
        second.Span.SequenceEqual(first.Span).ShouldBeTrue();
    }

    [Fact]
    public void A_parameter_without_gradient_is_left_alone()
    {
        var parameter = new Parameter("p", Tensor.From([1f, 2f], 2));
        var adam = new AdamW([parameter], weightDecay: 0.5f);
        adam.Step();
        parameter.Span.ToArray().ShouldBe([1f, 2f]);
        parameter.GradientBytes.ShouldBe(0);

        // Its first update is corrected as a first one.
        parameter.Gradient.Span.Fill(3f);
        adam.LearningRate = 0.125f;
        adam.Step();
        parameter.Span.ToArray().ShouldBe([(1 - 0.0625f) - 0.125f, (2 * (1 - 0.0625f)) - 0.125f], 1e-6);
    }

    [Fact]
    public void ZeroGrad_clears_the_gradients()
    {
        Parameter parameter = Make("p", [1f, 2f], [3f, 4f]);
        new Sgd([parameter]).ZeroGrad();
        parameter.Gradient.Span.ToArray().ShouldBe([0f, 0f]);
    }

    [Fact]
    public void A_step_allocates_nothing()
    {
        Parameter parameter = Make("p", Random(1, 100), Random(2, 100));
        Optimizer[] optimizers = [new Adam([parameter]), new AdamW([parameter]), new Sgd([parameter], momentum: 0.9f)];
        Steps(2);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Steps(10);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);

        void Steps(int count)
        {
            for (int step = 0; step < count; step++)
            {
                foreach (Optimizer optimizer in optimizers)
                {
                    optimizer.LearningRate = 1e-3f / (step + 1);
                    GradientNorm.Clip(optimizer.Parameters, 0.5);
                    optimizer.Step(0.5f);
                    optimizer.ZeroGrad();
                }
            }
        }
    }

    [Fact]
    public void Bad_arguments_are_refused_by_name()
    {
        Parameter[] parameters = [Make("p", [1f], [1f])];
        Should.Throw<ArgumentException>(() => new Adam([])).Message.ShouldContain("no parameter to train");
        Should.Throw<ArgumentException>(() => new Adam([parameters[0], parameters[0]])).Message.ShouldContain("twice");
        Should.Throw<ArgumentOutOfRangeException>(() => new Adam(parameters, learningRate: -1)).ParamName.ShouldBe("LearningRate");
        Should.Throw<ArgumentOutOfRangeException>(() => new Adam(parameters, learningRate: float.NaN)).ParamName.ShouldBe("LearningRate");
        Should.Throw<ArgumentOutOfRangeException>(() => new Adam(parameters, beta1: 1)).ParamName.ShouldBe("beta1");
        Should.Throw<ArgumentOutOfRangeException>(() => new Adam(parameters, beta2: -0.1f)).ParamName.ShouldBe("beta2");
        Should.Throw<ArgumentOutOfRangeException>(() => new Adam(parameters, epsilon: -1)).ParamName.ShouldBe("epsilon");
        Should.Throw<ArgumentOutOfRangeException>(() => new AdamW(parameters, weightDecay: -1)).ParamName.ShouldBe("weightDecay");
        Should.Throw<ArgumentOutOfRangeException>(() => new Sgd(parameters, momentum: float.PositiveInfinity)).ParamName.ShouldBe("momentum");
        Should.Throw<ArgumentOutOfRangeException>(() => new Sgd(parameters).Step(float.NaN)).ParamName.ShouldBe("gradientScale");
    }

    internal static Parameter Make(string name, float[] values, float[] gradients)
    {
        var parameter = new Parameter(name, Tensor.From(values, values.Length));
        gradients.CopyTo(parameter.Gradient.Span);
        return parameter;
    }

    internal static float[] Random(ulong seed, int length) => Tensor.RandomNormal(seed, length).Span.ToArray();

    private static void Check(
        int length, float gradientScale, Func<IReadOnlyList<Parameter>, Optimizer> make, Func<double[], Func<int, double[]>, double[]> reference)
    {
        float[] start = Random(1, length);
        Parameter parameter = Make("p", start, new float[length]);
        Parameter untouched = Make("other", start, Random(9, length));
        Optimizer optimizer = make([parameter]);
        for (int step = 1; step <= Steps; step++)
        {
            Random((ulong)(100 + step), length).CopyTo(parameter.Gradient.Span);
            optimizer.Step(gradientScale);
        }

        double[] expected = reference(
            [.. start.Select(value => (double)value)],
            step => [.. Random((ulong)(100 + step), length).Select(value => (double)value * gradientScale)]);
        parameter.Span.ToArray().Select(value => (double)value).ShouldBe(expected, 5e-6);
        untouched.Span.ToArray().ShouldBe(start);
    }

    [Theory]
    [InlineData(0f)]
    [InlineData(-1f)]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void A_LoRA_plus_ratio_outside_its_range_is_refused(float ratio) =>
        Should.Throw<ArgumentOutOfRangeException>(() => new Sgd([new Parameter("p", Tensor.Zeros(1))]) { LoraPlusRatio = ratio }).Message.ShouldContain("LoraPlusRatio");

    [Fact]
    public void LoRA_plus_gives_B_and_vectors_a_larger_rate_and_leaves_embeddings()
    {
        var linear = new Linear(4, 4);
        var model = new LayersModel(("linear", linear), ("embed", new Embedding(4, 4)));
        model.ApplyLora(new LoraOptions { Rank = 2, TargetModules = ["linear", "embed"], UseDora = true, Bias = LoraBias.LoraOnly });
        foreach (Parameter parameter in model.TrainableParameters)
        {
            parameter.Span.Clear();
            parameter.Gradient.Span.Fill(1);
        }

        new Sgd(model.TrainableParameters, 0.5f) { LoraPlusRatio = 8 }.Step();
        model.TrainableParameters.Select(parameter => (parameter.Name, parameter.Span[0])).ShouldBe(
        [
            ("linear.bias", -4), ("linear.lora_A", -0.5f), ("linear.lora_B", -4), ("linear.lora_magnitude_vector", -4), ("embed.lora_A", -0.5f),
            ("embed.lora_B", -0.5f), ("embed.lora_magnitude_vector", -0.5f),
        ]);
    }
}
