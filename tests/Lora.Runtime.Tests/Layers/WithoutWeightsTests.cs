namespace Lora.Tests.Layers;

public sealed class WithoutWeightsTests
{
    [Fact]
    public void A_model_of_any_size_is_counted_without_memory()
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        using (Layer.WithoutWeights())
        {
            var model = new LayersModel(("up", new Linear(50_000, 20_000)), ("table", new Embedding(30_000, 40_000)));
            model.ApplyLora(new LoraOptions { Rank = 8, TargetMatching = TargetMatching.AllLinear });
            model.CountParameters().ShouldBe(new ParameterCount(1_000_020_000L + 1_200_000_000 + 560_000, 560_000));
            LayerSummary.Of(model).ShouldBe([
                new LayerSummary("up", "Linear", 50_000, 20_000, 1_000_020_000, 560_000),
                new LayerSummary("table", "Embedding", 30_000, 40_000, 1_200_000_000, 0),
            ]);
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(1_000_000);
    }

    [Fact]
    public void Nothing_can_be_computed_without_weights()
    {
        Linear linear;
        Embedding embedding;
        using (Layer.WithoutWeights())
        {
            linear = new Linear(3, 4);
            embedding = new Embedding(5, 6);
        }

        Should.Throw<InvalidOperationException>(() => linear.Forward(Tensor.Zeros(2, 3))).Message.ShouldContain("WithoutWeights");
        Should.Throw<InvalidOperationException>(() => embedding.Forward([1, 2])).Message.ShouldContain("WithoutWeights");
        Should.Throw<InvalidOperationException>(() => linear.CopyWeightTo(new float[12])).Message.ShouldContain("WithoutWeights");
        Should.Throw<InvalidOperationException>(() => new LayersModel(("up", linear)).StateDict()).Message.ShouldContain("WithoutWeights");
    }

    [Fact]
    public void Weights_that_are_set_later_make_it_a_layer_like_any_other()
    {
        var source = new LayersModel(("up", new Linear(3, 4)), ("table", new Embedding(5, 6)));
        Linear linear;
        Embedding embedding;
        using (Layer.WithoutWeights())
        {
            linear = new Linear(3, 4);
            embedding = new Embedding(5, 6);
        }

        var model = new LayersModel(("up", linear), ("table", embedding));
        model.LoadStateDict(source.StateDict());
        foreach ((string name, Tensor value) in model.StateDict())
        {
            value.Span.ToArray().ShouldBe(source.StateDict()[name].Span.ToArray(), name);
        }

        model.ApplyLora(new LoraOptions { Rank = 2, TargetMatching = TargetMatching.AllLinear });
        linear.Adapter!.B.Span.Fill(1);
        linear.Forward(Tensor.RandomNormal(1, 2, 3)).Span.ToArray().ShouldAllBe(value => float.IsFinite(value));
        ModelMemory.Of(model).Weights.ShouldBe(ModelMemory.Of(source).Weights);
    }

    [Fact]
    public void A_layer_without_weights_can_be_frozen_and_unfrozen()
    {
        using IDisposable scope = Layer.WithoutWeights();
        var linear = new Linear(3, 4);
        var model = new LayersModel(("up", linear));
        linear.IsFrozen = false;
        model.CountParameters().ShouldBe(new ParameterCount(16, 16));
        linear.IsFrozen = true;
        model.CountParameters().ShouldBe(new ParameterCount(16, 0));
        linear.SetWeight(Tensor.Full(1, 4, 3));
        linear.SetBias(Tensor.Zeros(4));
        linear.Forward(Tensor.Full(1, 1, 3)).Span.ToArray().ShouldBe([3, 3, 3, 3]);
    }

    [Fact]
    public void The_scope_is_of_its_thread_and_ends()
    {
        using (Layer.WithoutWeights())
        {
            using (Layer.WithoutWeights())
            {
            }

            HasValues(new Linear(2, 2)).ShouldBeFalse();
            bool elsewhere = false;
            var thread = new Thread(() => elsewhere = HasValues(new Linear(2, 2)));
            thread.Start();
            thread.Join();
            elsewhere.ShouldBeTrue();
        }

        HasValues(new Linear(2, 2)).ShouldBeTrue();
    }

    [Fact]
    public void A_tensor_without_values_says_so()
    {
        Tensor tensor = Tensor.WithoutValues(2, 3);
        (tensor.HasValues, tensor.Length, tensor.ToString()).ShouldBe((false, 6, "Tensor[2, 3]"));
        Should.Throw<InvalidOperationException>(() => tensor.Span[0]).Message.ShouldContain("no values");
        Tensor.Zeros(2, 3).HasValues.ShouldBeTrue();
    }

    private static bool HasValues(Linear linear)
    {
        try
        {
            linear.CopyWeightTo(new float[4]);
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }
}
