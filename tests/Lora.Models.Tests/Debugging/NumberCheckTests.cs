namespace Lora.Models.Tests;

/// <summary>The first number that is not finite is found where it arises; and what a stack trace of generated code says.</summary>
[Collection(nameof(AloneCollection))]
public sealed class NumberCheckTests : IDisposable
{
    private static readonly Tensor _x = Tensor.RandomNormal(1, 3, 4);
    private static readonly Tensor _ones = Tensor.Full(1, 3, 4);

    public NumberCheckTests()
    {
        LoraRandom.ManualSeed(42);
        LoraDebug.CheckNumbers = true;
    }

    public void Dispose() => LoraDebug.CheckNumbers = false;

    [Fact]
    public void Finite_numbers_pass()
    {
        var model = new NumberModel();
        float checkedLoss = model.LossAndGradients(_x, _ones);
        float[] gradient = model.Adapter.B.Gradient.Span.ToArray();
        new Sgd(model.TrainableParameters, 0).Step();
        foreach (Parameter parameter in model.TrainableParameters)
        {
            parameter.ZeroGradient();
        }

        LoraDebug.CheckNumbers = false;
        model.LossAndGradients(_x, _ones).ShouldBe(checkedLoss);
        model.Adapter.B.Gradient.Span.ToArray().ShouldBe(gradient);
    }

    [Fact]
    public void The_operation_and_the_statement_that_gave_the_first_are_named()
    {
        var model = new NumberModel();
        Tensor divisor = _ones.Clone();
        divisor[1, 2] = 0;
        NonFiniteNumberException fault = Should.Throw<NonFiniteNumberException>(() => model.LossAndGradients(_x, divisor));
        fault.Method.ShouldBe("NumberBlock.Forward");
        fault.Operation.ShouldBe("Nn.Divide");
        fault.Statement.ShouldBe("return Nn.Softmax(h / divisor) + x;");
        fault.Message.ShouldMatch(@"^Nn\.Divide gave [+-]∞ at \[1, 2\] of \[3, 4\] in NumberBlock\.Forward, in the statement 'return .*' \(Lora\.Models\.Tests\.NumberBlock\.Lora\.g\.cs, line \d+\)\.$");
        fault.StackTrace!.ShouldContain("NumberBlock.ForwardTraining");

        // The model is as usable as before.
        float.IsFinite(model.LossAndGradients(_x, _ones)).ShouldBeTrue();
        LoraDebug.CheckNumbers = false;
        float.IsFinite(model.LossAndGradients(_x, divisor)).ShouldBeFalse();
    }

    [Fact]
    public void A_layer_whose_weights_are_not_finite_is_named()
    {
        var model = new NumberModel();
        model.Adapter.B.Span[3] = float.NaN;
        NonFiniteNumberException fault = Should.Throw<NonFiniteNumberException>(() => model.ForwardWithPullback(_x, _ones));
        fault.Operation.ShouldBe("_head.Forward");
        fault.Method.ShouldBe("NumberModel.Forward");
        fault.Message.ShouldStartWith("_head.Forward gave NaN at [0, 3] of [3, 4] in NumberModel.Forward");
    }

    [Fact]
    public void A_derivative_that_breaks_down_is_named()
    {
        var model = new NumberModel();
        NonFiniteNumberException fault = Should.Throw<NonFiniteNumberException>(() => model.RootLossAndGradients(_x));
        fault.Method.ShouldBe("NumberModel.RootLoss");
        fault.Operation.ShouldBe("FragileOperations.Root");
        fault.Statement.ShouldBe("Tensor root = FragileOperations.Root(h);");
        fault.Message.ShouldStartWith("The backward pass of FragileOperations.Root gave ");
        fault.StackTrace!.ShouldContain("NumberModel.RootLossBackward");
    }

    [Fact]
    public void Arguments_are_looked_at()
    {
        var model = new NumberModel();
        Tensor x = _x.Clone();
        x[2, 0] = float.NaN;
        Should.Throw<NonFiniteNumberException>(() => model.ForwardWithPullback(x, _ones)).Message.ShouldBe("An argument gave NaN at [2, 0] of [3, 4] in NumberModel.Forward.");
        var pullback = model.ForwardWithPullback(_x, _ones);
        Should.Throw<NonFiniteNumberException>(() => pullback.Backward(x)).Message.ShouldBe("The gradient that was given to Backward holds NaN at [2, 0] of [3, 4].");
    }

    [Fact]
    public void An_optimiser_takes_no_gradient_that_is_not_finite()
    {
        var model = new NumberModel();
        model.LossAndGradients(_x, _ones);
        model.Adapter.A.Gradient.Span[1] = float.PositiveInfinity;
        float[] before = model.Adapter.A.Span.ToArray();
        Should.Throw<NonFiniteNumberException>(() => new Adam(model.TrainableParameters).Step())
            .Message.ShouldBe("The gradient of head.lora_A holds +∞ at [0, 1] of [4, 2].");
        model.Adapter.A.Span.ToArray().ShouldBe(before);
    }

    [Fact]
    public void A_stack_trace_in_the_backward_pass_names_the_users_method()
    {
        LoraDebug.CheckNumbers = false;
        NotSupportedException fault = Should.Throw<NotSupportedException>(() => new NumberModel().RefusedLossAndGradients(_x));
        fault.StackTrace!.ShouldContain("NumberModel.RefusedLossBackward(");
        fault.StackTrace!.ShouldContain("Lora.Models.Tests.NumberModel.Lora.g.cs:line ");
    }
}
