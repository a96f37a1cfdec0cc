namespace Lora.Models.Tests;

/// <summary>Training calls that follow on one another: whatever came before, a call gives what it would have given alone.</summary>
public sealed class StepTests
{
    private static readonly Tensor _x = Tensor.RandomNormal(1, 3, 4);
    private static readonly Tensor _target = Tensor.RandomNormal(2, 3, 4);
    private static readonly Tensor _gradient = Tensor.RandomNormal(3, 3, 4);

    [Fact]
    public void Gradients_that_a_caller_is_given_share_no_element()
    {
        var model = new StepSum();
        Tensor ones = Tensor.Full(1, 2, 3);
        (Tensor ofA, Tensor ofB) = model.ForwardWithPullback(Tensor.Full(2, 2, 3), Tensor.Full(3, 6)).Backward(ones);
        ofA.Span.Fill(5);
        ofB.Span.ToArray().ShouldAllBe(value => value == 1);
        ones.Span.ToArray().ShouldAllBe(value => value == 1);
    }

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
    public void An_optimiser_of_replaced_adapters_refuses_to_step()
    {
        var model = new StepBlock();
        var adam = new Adam(model.TrainableParameters);
        model.ApplyLora(new LoraOptions { Rank = 3, TargetModules = ["lin"] });
        model.LossAndGradients(_x, _target);
        Should.Throw<InvalidOperationException>(() => adam.Step()).Message.ShouldContain("lin.lora_A [4, 2] belongs to an adapter that was replaced");
        adam.StepCount.ShouldBe(0);
        new Adam(model.TrainableParameters).Step();
    }

    [Fact]
    public void A_wrong_shape_is_refused_with_the_name_of_the_layer()
    {
        var model = new StepBlock();
        model.CountParameters();
        Should.Throw<ArgumentException>(() => model.Forward(Tensor.Zeros(3, 5))).Message.ShouldContain("Linear 'lin' takes a tensor of shape [.., 4]; it was given [3, 5]");
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
        SteadyAllocation.OfThread(Run).ShouldBe(0);
    }

    [Fact]
    public void A_pullback_is_refused_once_the_layers_are_others()
    {
        Action<StepBlock>[] changes =
        [
            model => model.ApplyLora(new LoraOptions { Rank = 1, TargetModules = ["lin"] }),
            model => model.MergeAdapters(),
            model => model.NamedLinears()[0].Linear.IsFrozen = false,
        ];
        foreach (Action<StepBlock> change in changes)
        {
            var model = new StepBlock();
            Randomize(model);
            StepBlock.ForwardPullback pullback = model.ForwardWithPullback(_x);
            change(model);
            Should.Throw<InvalidOperationException>(() => pullback.Backward(_gradient)).Message.ShouldContain("changed since the forward pass");
            foreach (Parameter parameter in model.TrainableParameters)
            {
                parameter.Gradient.Span.ContainsAnyExcept(0f).ShouldBeFalse();
            }
        }
    }

    [Fact]
    public void A_pullback_stays_valid_while_other_models_change()
    {
        var model = new StepBlock();
        StepBlock.ForwardPullback pullback = model.ForwardWithPullback(_x);
        new StepBlock().ApplyLora(new LoraOptions { Rank = 1, TargetModules = ["lin"] });
        pullback.Backward(_gradient);
        model.TrainableParameters[1].Gradient.Span.ContainsAnyExcept(0f).ShouldBeTrue();
    }

    [Fact]
    public void Weights_into_which_an_adapter_is_merged_cannot_be_trained()
    {
        var model = new StepBlock();
        Randomize(model);
        Linear linear = model.NamedLinears()[0].Linear;
        float[] before = WeightOf(linear);
        model.MergeAdapters();
        Should.Throw<InvalidOperationException>(() => linear.IsFrozen = false).Message.ShouldContain("merged");
        model.UnmergeAdapters();
        WeightOf(linear).ShouldBe(before);
    }

    [Fact]
    public void An_optimizer_changes_nothing_that_was_frozen_after_it_was_made()
    {
        var model = new StepNorm();
        var adam = new Adam(model.TrainableParameters);
        model.LossAndGradients(_x, _target);
        adam.Step();
        adam.ZeroGrad();
        model.Norm.IsFrozen = true;
        model.Head.IsFrozen = true;
        IReadOnlyDictionary<string, Tensor> before = model.StateDict();
        adam.Step();
        foreach ((string name, Tensor value) in model.StateDict())
        {
            value.Span.ToArray().ShouldBe(before[name].Span.ToArray(), name);
        }
    }

    [Fact]
    public void Adapters_do_not_depend_on_which_model_was_used_first()
    {
        StepPair parentFirst = new(new(), new());
        StepPair childrenFirst = new(new(), new());
        string[] names = ["first.lin.lora_A", "first.lin.lora_B", "second.lin.lora_A", "second.lin.lora_B"];
        _ = parentFirst.TrainableParameters;
        foreach (StepPair pair in new[] { parentFirst, childrenFirst })
        {
            StepBlock[] blocks = [.. pair.Blocks];
            Array.ForEach(blocks, block => _ = block.TrainableParameters);
            Array.ForEach(blocks, block => block.ApplyLora(new LoraOptions { Rank = 2, TargetModules = ["lin"] }));
        }

        parentFirst.TrainableParameters.Select(parameter => parameter.Name).ShouldBe(names);
        childrenFirst.TrainableParameters.Select(parameter => parameter.Name).ShouldBe(names);
        Values(childrenFirst).ShouldBe(Values(parentFirst));
        Values(parentFirst)[0].ShouldNotBe(Values(parentFirst)[2]);
    }

    [Fact]
    public void What_was_set_by_hand_stays_when_a_larger_model_is_used()
    {
        var block = new StepBlock();
        block.Lin.B.Span.Fill(1);
        var pair = new StepPair(block, new StepBlock());
        _ = pair.TrainableParameters;
        block.Lin.B.Span.ToArray().ShouldAllBe(value => value == 1);
        block.Lin.B.Name.ShouldBe("first.lin.lora_B");
    }

    [Fact]
    public void A_layer_under_two_names_has_the_marks_of_both()
    {
        var norm = new StepNorm();
        var model = new StepShared(new Linear(4, 4), norm);
        string[] names = [.. model.TrainableParameters.Select(parameter => parameter.Name)];
        names.ShouldBe(
        [
            "first.lora_A", "first.lora_B", "block.lin.lora_A", "block.lin.lora_B", "inner.norm.norm.weight", "inner.norm.head.weight", "inner.norm.head.bias",
        ]);
        Gradients(model, () => model.LossAndGradients(_x, _target))[1].ShouldContain(value => value != 0);
    }

    [Fact]
    public void A_layer_that_is_set_too_late_to_be_adapted_is_refused()
    {
        var model = new StepSettable { Head = new Linear(4, 4) };
        model.Head = new Linear(4, 4);
        Gradients(model, () => model.LossAndGradients(_x, _target))[1].ShouldContain(value => value != 0);
        model.Head = new Linear(4, 4);
        Should.Throw<InvalidOperationException>(() => model.LossAndGradients(_x, _target)).Message.ShouldContain("after its first use");
    }

    [Fact]
    public void A_state_with_null_is_refused_by_name()
    {
        var model = new StepBlock();
        var state = new Dictionary<string, Tensor>(model.StateDict()) { ["lin.bias"] = null! };
        Should.Throw<ArgumentException>(() => model.LoadStateDict(state)).Message.ShouldContain("lin.bias is [4] in the model, null in the state");
    }

    private static float[] WeightOf(Linear linear)
    {
        float[] values = new float[linear.InFeatures * linear.OutFeatures];
        linear.CopyWeightTo(values);
        return values;
    }

    private static float[][] Values(ILoraModel model) => [.. model.TrainableParameters.Select(parameter => parameter.Span.ToArray())];

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
