namespace Lora.Models.Tests;

/// <summary>DoRA, rsLoRA and adapter dropout by attribute, through generated steps.</summary>
public sealed class VariantTests
{
    private static readonly int[] _ids = [0, 3, 3, 4];
    private static readonly Tensor _target = Tensor.RandomNormal(2, 4, 7);

    [Fact]
    public void The_attribute_says_what_the_adapters_are()
    {
        var model = new StepVariants();
        model.First.Adapter.Settings.ShouldBe(new LoraSettings { Rank = 3, Alpha = 2, UseDora = true, Dropout = 0.25f, UseRsLora = true });
        model.Second.Adapter.Settings.ShouldBe(new LoraSettings { Rank = 2, Alpha = 3, Dropout = 0.5f, Init = LoraInit.Gaussian });
        model.Table.Magnitude!.Shape.ToArray().ShouldBe([6]);
        model.TrainableParameters.Select(parameter => parameter.Name).ShouldBe(
        [
            "table.lora_A", "table.lora_B", "table.lora_magnitude_vector", "first.lora_A", "first.lora_B", "first.lora_magnitude_vector",
            "second.lora_A", "second.lora_B",
        ]);
    }

    [Fact]
    public void A_step_is_what_the_eager_body_is_under_its_masks()
    {
        var model = new StepVariants();
        Randomize(model);
        float[] losses = [.. Enumerable.Range(0, 3).Select(_ => model.LossAndGradients(_ids, _target))];
        losses.Distinct().Count().ShouldBe(3);
        for (int step = 0; step < losses.Length; step++)
        {
            using (model.TrainingMode(step))
            {
                model.Loss(_ids, _target).ShouldBe(losses[step], 1e-6f * losses[step]);
            }
        }

        losses.ShouldNotContain(model.Loss(_ids, _target));
    }

    [Fact]
    public void Gradients_are_those_of_the_masked_loss_with_the_norms_held()
    {
        var model = new StepVariants();
        Randomize(model);
        model.LossAndGradients(_ids, _target);

        // Magnitudes and the adapter without one: the norms do not depend on them.
        foreach (Parameter parameter in model.TrainableParameters.Where(p => p.Name.EndsWith("vector", StringComparison.Ordinal) || p.Name.StartsWith("second", StringComparison.Ordinal)))
        {
            double[] numeric = new double[parameter.Value.Length];
            for (int i = 0; i < numeric.Length; i++)
            {
                float value = parameter.Span[i];
                double Loss(float shifted)
                {
                    parameter.Span[i] = shifted;
                    using (model.TrainingMode(0))
                    {
                        return model.Loss(_ids, _target);
                    }
                }

                const float Step = 1e-2f;
                numeric[i] = (Loss(value + Step) - Loss(value - Step)) / (2 * Step);
                parameter.Span[i] = value;
            }

            Numbers.RelativeDistance(parameter.Gradient.Span.ToDoubles(), numeric).ShouldBeLessThan(1e-2, parameter.Name);
        }
    }

    [Fact]
    public void A_steady_step_allocates_nothing()
    {
        var model = new StepVariants();
        var adam = new AdamW(model.TrainableParameters) { LoraPlusRatio = 4 };
        void Run()
        {
            for (int i = 0; i < 5; i++)
            {
                model.LossAndGradients(_ids, _target);
                adam.Step();
                adam.ZeroGrad();
            }
        }

        Run();
        SteadyAllocation.OfThread(Run).ShouldBe(0);
    }

    [Fact]
    public void Steps_lower_the_loss_and_merging_keeps_it()
    {
        var model = new StepVariants();
        float before = model.Loss(_ids, _target);
        var adam = new Adam(model.TrainableParameters, 1e-2f);
        for (int step = 0; step < 200; step++)
        {
            model.LossAndGradients(_ids, _target);
            adam.Step();
            adam.ZeroGrad();
        }

        float after = model.Loss(_ids, _target);
        after.ShouldBeLessThan(0.6f * before);
        model.MergeAdapters();
        model.Loss(_ids, _target).ShouldBe(after, 1e-5f);
        model.UnmergeAdapters();
        model.Loss(_ids, _target).ShouldBe(after);
    }

    private static void Randomize(ILoraModel model)
    {
        ulong seed = 10;
        foreach (Parameter parameter in model.TrainableParameters)
        {
            Tensor.RandomNormal(seed++, parameter.Shape).Span.CopyTo(parameter.Span);
        }
    }
}
