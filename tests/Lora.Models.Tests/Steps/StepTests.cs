namespace Lora.Models.Tests;

/// <summary>Training calls that follow on one another: whatever came before, a call gives what it would have given alone.</summary>
public sealed class StepTests
{
    private static readonly Tensor _x = Tensor.RandomNormal(1, 3, 4);
    private static readonly Tensor _target = Tensor.RandomNormal(2, 3, 4);
    private static readonly Tensor _gradient = Tensor.RandomNormal(3, 3, 4);

    [Fact]
    public void A_derivative_that_asks_for_every_gradient_leaves_nothing_behind_on_the_inputs()
    {
        var model = new StepProducts();
        Randomize(model);
        float[][] first = Gradients(model, () => model.LossAndGradients(_x, _target));
        for (int step = 0; step < 3; step++)
        {
            Gradients(model, () => model.LossAndGradients(_x, _target)).ShouldBe(first);
        }
    }

    [Fact]
    public void A_call_after_one_that_threw_is_as_the_first()
    {
        var model = new StepProducts();
        Randomize(model);
        float[][] first = Gradients(model, () => model.LossAndGradients(_x, _target));
        Should.Throw<IndexOutOfRangeException>(() => model.LossAndGradients(_x, Tensor.Zeros(2, 2)));
        Gradients(model, () => model.LossAndGradients(_x, _target)).ShouldBe(first);
    }

    [Fact]
    public void Two_models_may_train_on_the_same_tensors_at_once()
    {
        StepProducts[] models = [.. Enumerable.Range(0, 2).Select(_ => new StepProducts())];
        Array.ForEach(models, Randomize);
        float[][][] alone = [.. models.Select(model => Gradients(model, () => model.LossAndGradients(_x, _target)))];
        Parallel.For(0, models.Length, i =>
        {
            for (int step = 0; step < 200; step++)
            {
                Gradients(models[i], () => models[i].LossAndGradients(_x, _target)).ShouldBe(alone[i]);
            }
        });
    }

    [Fact]
    public void A_value_passed_on_to_another_model_takes_no_gradient_from_it()
    {
        var encoder = new StepBlock();
        var head = new StepBlock();
        Randomize(encoder);
        Randomize(head);
        float[][] alone = Gradients(encoder, () => encoder.ForwardWithPullback(_x).Backward(_gradient));
        float[][] headAlone = Gradients(head, () => head.LossAndGradients(encoder.Forward(_x), _target));

        StepBlock.ForwardPullback encoded = encoder.ForwardWithPullback(_x);
        Gradients(head, () => head.LossAndGradients(encoded.Value, _target)).ShouldBe(headAlone);
        Gradients(encoder, () => encoded.Backward(_gradient)).ShouldBe(alone);
    }

    [Fact]
    public void What_a_pullback_gave_out_says_so_when_it_is_read_too_late()
    {
        var model = new StepBlock();
        Randomize(model);
        StepBlock.ForwardPullback pullback = model.ForwardWithPullback(_x);
        Tensor gradient = pullback.Backward(_gradient);
        for (int call = 0; call < 3; call++)
        {
            _ = pullback.Value.Span.Length + gradient.Span.Length;
            model.ForwardWithPullback(_target).Backward(_gradient);
            Should.Throw<InvalidOperationException>(() => pullback.Value.Span.Length).Message.ShouldContain("next call");
            Should.Throw<InvalidOperationException>(() => gradient.Span.Length).Message.ShouldContain("next call");
            Should.Throw<InvalidOperationException>(() => model.LossAndGradients(pullback.Value, gradient)).Message.ShouldContain("next call");
            pullback = model.ForwardWithPullback(_x);
            gradient = pullback.Backward(_gradient);
        }
    }

    [Fact]
    public void Pullbacks_allocate_nothing_either()
    {
        var model = new StepBlock();
        void Run()
        {
            for (int i = 0; i < 5; i++)
            {
                model.ForwardWithPullback(_x).Backward(_gradient);
            }
        }

        Run();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Run();
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
    }

    private static float[][] Gradients(ILoraModel model, Action call)
    {
        foreach (Parameter parameter in model.TrainableParameters)
        {
            parameter.ZeroGradient();
        }

        call();
        return [.. model.TrainableParameters.Select(parameter => parameter.Gradient.Span.ToArray())];
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
