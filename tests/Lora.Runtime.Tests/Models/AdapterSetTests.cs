namespace Lora.Tests.Models;

/// <summary>Several adapters of one model under names.</summary>
public sealed class AdapterSetTests
{
    private static readonly Tensor _x = Tensor.RandomNormal(1, 5, 8);

    [Fact]
    public void The_active_adapter_alone_acts_and_trains()
    {
        (LayersModel model, Linear first, Linear second) = Model();
        model.Adapters.Names.ShouldBeEmpty();
        model.Adapters.Active.ShouldBeNull();
        float[] plain = Run(first, second);
        Add(model, "a", 2, ["first"]);
        float[] a = Run(first, second);
        Add(model, "b", 3, ["first", "second"]);
        float[] b = Run(first, second);
        model.Adapters.Names.ShouldBe(["a", "b"]);
        model.Adapters.Active.ShouldBe("b");
        model.TrainableParameters.Count.ShouldBe(4);
        b.ShouldNotBe(a);
        model.Adapters.Activate("a");
        Run(first, second).ShouldBe(a);
        model.TrainableParameters.Select(parameter => parameter.ToString()).ShouldBe(["first.lora_A [8, 2]", "first.lora_B [2, 8]"]);
        model.Adapters.Disable();
        model.Adapters.Active.ShouldBeNull();
        model.TrainableParameters.ShouldBeEmpty();
        Run(first, second).ShouldBe(plain);
        model.Adapters.Activate("b");
        Run(first, second).ShouldBe(b);
    }

    [Fact]
    public void All_adapters_count_and_the_active_one_is_trainable()
    {
        (LayersModel model, _, _) = Model();
        Add(model, "a", 2, ["first"]);
        Add(model, "b", 3, ["first", "second"]);
        ParameterCount count = model.CountParameters();
        count.Trainable.ShouldBe(2 * 3 * 16);
        count.Total.ShouldBe((2 * 72) + (2 * 16) + (2 * 3 * 16));
        ModelMemory.Of(model).Adapters.ShouldBe(sizeof(float) * ((2 * 16) + (2 * 3 * 16)));
    }

    [Fact]
    public void The_chosen_adapter_is_merged_and_nothing_is_switched_until_it_is_undone()
    {
        (LayersModel model, Linear first, Linear second) = Model();
        Add(model, "a", 2, ["first"]);
        float[] a = Run(first, second);
        Add(model, "b", 3, ["first", "second"]);
        model.Adapters.Activate("a");
        model.MergeAdapters();
        Near(Run(first, second), a);
        first.IsMerged.ShouldBeTrue();
        second.IsMerged.ShouldBeFalse();
        Should.Throw<InvalidOperationException>(() => model.Adapters.Activate("b")).Message.ShouldContain("UnmergeAdapters");
        Should.Throw<InvalidOperationException>(model.Adapters.Disable);
        Should.Throw<InvalidOperationException>(() => model.Adapters.Delete("b"));
        Should.Throw<InvalidOperationException>(() => model.Adapters.Combine("c", ("a", 1)));
        Should.Throw<InvalidOperationException>(() => Add(model, "c", 2, ["first"]));
        model.UnmergeAdapters();
        Run(first, second).ShouldBe(a);
        model.Adapters.Disable();
        Should.Throw<InvalidOperationException>(() => model.MergeAdapters()).Message.ShouldContain("no adapter to merge");
    }

    [Fact]
    public void A_combination_is_the_weighted_sum_of_what_its_parts_change()
    {
        (LayersModel model, Linear first, Linear second) = Model();
        Add(model, "a", 2, ["first"]);
        Add(model, "b", 3, ["first", "second"]);
        float[] frozen = [.. first.ForwardFrozen(_x).Span, .. second.ForwardFrozen(_x).Span];
        float[] Change(string name)
        {
            model.Adapters.Activate(name);
            return [.. Run(first, second).Zip(frozen, (adapted, was) => adapted - was)];
        }

        float[] a = Change("a");
        float[] b = Change("b");
        model.Adapters.Combine("both", ("a", 0.5f), ("b", -2));
        model.Adapters.Active.ShouldBe("both");
        Near(Change("both"), [.. a.Zip(b, (x, y) => (0.5f * x) - (2 * y))]);
        first.Adapter!.Rank.ShouldBe(5);
        second.Adapter!.Rank.ShouldBe(3);
        first.Adapter.Scaling.ShouldBe(1);

        // A copy, even where it takes the place of one of its parts.
        model.Adapters.Combine("a", ("a", 1), ("both", 1));
        Near(Change("a"), [.. a.Zip(b, (x, y) => (1.5f * x) - (2 * y))]);
        model.Adapters.Delete("b");
        Near(Change("both"), [.. a.Zip(b, (x, y) => (0.5f * x) - (2 * y))]);
    }

    [Fact]
    public void A_combination_of_embeddings_too()
    {
        var embedding = new Embedding(9, 8);
        var model = new LayersModel(("embed", embedding));
        Add(model, "a", 2, ["embed"]);
        Tensor a = embedding.Forward([3, 7]);
        model.Adapters.Combine("twice", ("a", 2));
        Tensor twice = embedding.Forward([3, 7]);
        Tensor frozen = embedding.ForwardFrozen([3, 7]);
        Near([.. twice.Span.ToArray().Zip(frozen.Span.ToArray(), (x, y) => x - y)], [.. a.Span.ToArray().Zip(frozen.Span.ToArray(), (x, y) => 2 * (x - y))]);
    }

    [Fact]
    public void What_cannot_be_combined_is_refused()
    {
        (LayersModel model, _, _) = Model();
        Add(model, "a", 2, ["first"]);
        model.ApplyLora(new LoraOptions { Rank = 2, TargetModules = ["first"], UseDora = true, AdapterName = "dora" });
        Should.Throw<ArgumentException>(() => model.Adapters.Combine("c", ("a", 1), ("dora", 1))).Message.ShouldContain("magnitude");
        Should.Throw<ArgumentException>(() => model.Adapters.Combine("c", ("a", float.NaN))).Message.ShouldContain("finite");
        Should.Throw<ArgumentException>(() => model.Adapters.Combine("c", ("other", 1))).Message.ShouldContain("The model has: a, dora");
        Should.Throw<ArgumentException>(() => model.Adapters.Combine("c")).Message.ShouldContain("nothing to combine");
        foreach (string name in new[] { "", " ", "a.b", "a/b", "a\\b", "c:", "my_lora_A" })
        {
            Should.Throw<ArgumentException>(() => model.Adapters.Combine(name, ("a", 1)));
            Should.Throw<ArgumentException>(() => Add(model, name, 2, ["first"]));
        }

        model.Adapters.Names.ShouldBe(["a", "dora"]);
        model.Adapters.Active.ShouldBe("dora");
    }

    [Fact]
    public void A_deleted_adapter_is_gone_and_its_optimiser_refuses()
    {
        (LayersModel model, Linear first, Linear second) = Model();
        float[] plain = Run(first, second);
        Add(model, "a", 2, ["first"]);
        var ofA = new Sgd(model.TrainableParameters);
        Add(model, "b", 2, ["first"]);
        var ofB = new Sgd(model.TrainableParameters);
        Should.Throw<InvalidOperationException>(() => ofA.Step()).Message.ShouldContain("switched off");
        ofB.Step();
        model.Adapters.Activate("a");
        ofA.Step();
        Should.Throw<InvalidOperationException>(() => ofB.Step());
        model.Adapters.Delete("a");
        model.Adapters.Names.ShouldBe(["b"]);
        model.Adapters.Active.ShouldBeNull();
        Run(first, second).ShouldBe(plain);
        Should.Throw<InvalidOperationException>(() => ofA.Step()).Message.ShouldContain("deleted");
        Should.Throw<ArgumentException>(() => model.Adapters.Activate("a")).Message.ShouldContain("The model has: b");
        Should.Throw<ArgumentException>(() => model.Adapters.Delete("a"));
        model.Adapters.Activate("b");
        ofB.Step();
    }

    [Fact]
    public async Task Threads_may_run_the_model_while_another_switches()
    {
        (LayersModel model, Linear first, Linear second) = Model();
        Add(model, "a", 2, ["first", "second"]);
        float[][] a = [first.Forward(_x).Span.ToArray(), second.Forward(_x).Span.ToArray()];
        Add(model, "b", 3, ["first", "second"]);
        float[][] b = [first.Forward(_x).Span.ToArray(), second.Forward(_x).Span.ToArray()];
        using var stop = new CancellationTokenSource();
        Task[] readers = [.. Enumerable.Range(0, 3).Select(_ => Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                float[] y = first.Forward(_x).Span.ToArray();
                (y.SequenceEqual(a[0]) || y.SequenceEqual(b[0])).ShouldBeTrue();
                y = second.Forward(_x).Span.ToArray();
                (y.SequenceEqual(a[1]) || y.SequenceEqual(b[1])).ShouldBeTrue();
            }
        }))];
        for (int i = 0; i < 2000; i++)
        {
            model.Adapters.Activate(i % 2 == 0 ? "a" : "b");
        }

        await stop.CancelAsync();
        await Task.WhenAll(readers);
    }

    private static (LayersModel Model, Linear First, Linear Second) Model()
    {
        var first = new Linear(8, 8);
        var second = new Linear(8, 8);
        return (new LayersModel(("first", first), ("second", second)), first, second);
    }

    private static void Add(LayersModel model, string name, int rank, string[] targets)
    {
        model.ApplyLora(new LoraOptions { Rank = rank, Alpha = 5, TargetModules = targets, AdapterName = name });
        ulong seed = (ulong)(10 * rank);
        foreach (Parameter parameter in model.TrainableParameters)
        {
            Tensor.RandomNormal(seed++, parameter.Shape).Span.CopyTo(parameter.Span);
        }
    }

    private static float[] Run(Linear first, Linear second) => [.. first.Forward(_x).Span, .. second.Forward(_x).Span];

    private static void Near(float[] actual, float[] expected)
    {
        double scale = expected.Max(Math.Abs);
        actual.Zip(expected, (x, y) => Math.Abs(x - y)).Max().ShouldBeLessThan((float)(1e-5 * scale));
    }
}
