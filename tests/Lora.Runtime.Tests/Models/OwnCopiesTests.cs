namespace Lora.Tests.Models;

/// <summary>Layers that adapters train in full: each adapter has its own copy, which comes and goes with it, as PEFT's <c>modules_to_save</c>.</summary>
public sealed class OwnCopiesTests : IDisposable
{
    private static readonly Tensor _x = Tensor.RandomNormal(1, 5, 8);

    private readonly TemporaryFolder _folder = new();
    private readonly Linear _body = new(8, 8);
    private readonly Linear _head = new(8, 3);
    private readonly LayersModel _model;

    public OwnCopiesTests() => _model = new LayersModel(("body", _body), ("head", _head));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_copy_begins_as_the_original_and_is_switched_with_its_adapter()
    {
        float[] plain = Run();
        Add("a", ["head"]);
        Near(Run(), plain);
        Train(0.1f);
        float[] a = Run();
        Add("b", ["head"]);
        Near(Run(), plain);
        Train(-0.3f);
        float[] b = Run();
        b.ShouldNotBe(a);
        Add("c", []);
        Run().ShouldBe(plain);
        _head.IsFrozen.ShouldBeTrue();
        foreach ((string name, float[] expected) in ((string, float[])[])[("a", a), ("b", b), ("c", plain), ("a", a)])
        {
            _model.Adapters.Activate(name);
            Run().ShouldBe(expected, name);
        }

        _head.IsFrozen.ShouldBeFalse();
        _model.Adapters.Disable();
        Run().ShouldBe(plain);
        _model.TrainableParameters.ShouldBeEmpty();
    }

    [Fact]
    public void The_active_copy_alone_is_trained_and_all_of_them_count()
    {
        Add("a", ["head"]);
        Parameter[] a = [.. _model.TrainableParameters];
        a.Select(parameter => parameter.ToString()).ShouldBe(["body.lora_A [8, 2]", "body.lora_B [2, 8]", "head.weight [3, 8]", "head.bias [3]"]);
        var adam = new Adam(a);
        Add("b", ["head"]);
        _model.TrainableParameters.ShouldAllBe(parameter => !a.Contains(parameter));
        Should.Throw<InvalidOperationException>(() => adam.Step()).Message.ShouldContain("switched off");

        // The originals are counted beside the copies, as by PEFT.
        ParameterCount count = _model.CountParameters();
        count.Trainable.ShouldBe(32 + 27);
        count.Total.ShouldBe(72 + 27 + (2 * (32 + 27)));
        _model.Adapters.Activate("a");
        _model.CountParameters().ShouldBe(count);
        _model.TrainableParameters.ShouldBe(a);
        adam.Step();
        long before = ModelMemory.Of(_model).Weights;
        _model.Adapters.Delete("b");
        (before - ModelMemory.Of(_model).Weights).ShouldBe(27 * sizeof(float));
        _model.CountParameters().Total.ShouldBe(72 + 27 + 32 + 27);
    }

    [Fact]
    public void A_deleted_adapter_takes_its_copy_with_it()
    {
        float[] plain = Run();
        Add("a", ["head"]);
        Train(0.1f);
        _model.Adapters.Delete("a");
        Run().ShouldBe(plain);
        _model.CountParameters().Total.ShouldBe(72 + 27);
        _head.IsFrozen.ShouldBeTrue();
        Add("a", ["head"]);
        Near(Run(), plain);
    }

    [Fact]
    public void Each_adapter_is_saved_with_its_own_and_loaded_beside_others()
    {
        Add("a", ["head"]);
        Train(0.1f);
        float[] a = Run();
        Add("b", ["head"]);
        Train(-0.3f);
        float[] b = Run();
        Add("c", []);
        Train(0.2f);
        float[] c = Run();
        Array.ForEach(["a", "b", "c"], name => PeftAdapter.Save(_model, _folder.Path, adapter: name));

        var body = new Linear(8, 8);
        var head = new Linear(8, 3);
        body.SetWeight(_body.CopyOfWeight());
        _model.Adapters.Disable();
        head.SetWeight(_head.CopyOfWeight());
        head.SetBias(Tensor.From(_head.CopyOfBias(), 3));
        body.SetBias(Tensor.From(_body.CopyOfBias(), 8));
        var other = new LayersModel(("body", body), ("head", head));
        float[] Outputs() => head.Forward(body.Forward(_x)).Span.ToArray();
        float[] plain = Outputs();
        Array.ForEach(["b", "c", "a"], name => PeftAdapter.Load(other, _folder.Path, adapter: name));
        foreach ((string name, float[] expected) in ((string, float[])[])[("a", a), ("b", b), ("c", c)])
        {
            other.Adapters.Activate(name);
            Outputs().ShouldBe(expected, name);
        }

        // What has the name now has no copy: the one of before goes.
        PeftAdapter.Load(other, Path.Combine(_folder.Path, "c"), adapter: "b");
        Outputs().ShouldBe(c);
        other.Adapters.Disable();
        Outputs().ShouldBe(plain);
    }

    [Fact]
    public void A_layer_that_one_adapter_adapts_another_may_train_in_full()
    {
        float[] plain = Run();
        _model.ApplyLora(new LoraOptions { Rank = 2, TargetModules = ["head"], AdapterName = "low" });
        Train(0.2f);
        float[] low = Run();
        Add("full", ["head"]);
        _head.Adapter.ShouldBeNull();
        Near(Run(), plain);
        Train(0.1f);
        float[] full = Run();
        _model.Adapters.Activate("low");
        Run().ShouldBe(low);
        _model.MergeAdapters();
        Near(Run(), low);
        _model.UnmergeAdapters();
        _model.Adapters.Activate("full");
        Run().ShouldBe(full);
    }

    [Fact]
    public void A_copy_is_no_part_of_a_sum()
    {
        Add("a", ["head"]);
        Add("b", []);
        Should.Throw<ArgumentException>(() => _model.Adapters.Combine("both", ("a", 1), ("b", 1))).Message.ShouldContain("'a' has a 'head' of its own");
        _model.Adapters.Combine("a", ("b", 1));
        _model.Adapters.Active.ShouldBe("a");
        _head.IsFrozen.ShouldBeTrue();
        _model.CountParameters().Total.ShouldBe(72 + 27 + (2 * 32));
    }

    [Fact]
    public void A_layer_that_is_trained_for_all_adapters_stays_one()
    {
        _head.IsFrozen = false;
        Add("a", ["head"]);
        Train(0.1f);
        float[] bias = _head.CopyOfBias();
        Add("b", ["head"]);
        _head.CopyOfBias().ShouldBe(bias);
        _model.CountParameters().Total.ShouldBe(72 + 27 + (2 * 32));
    }

    [Fact]
    public void The_original_keeps_its_bits_and_takes_the_format_that_was_chosen_meanwhile()
    {
        Tensor original = _head.CopyOfWeight();
        Add("a", ["head"]);
        Train(0.1f);
        _model.Adapters.Disable();
        _head.CopyOfWeight().Span.ToArray().ShouldBe(original.Span.ToArray());
        _model.Adapters.Activate("a");
        _model.SetWeightFormat(WeightFormat.BFloat16);
        _model.Adapters.Disable();
        _head.Weights[0].Packed!.Format.ShouldBe(WeightFormat.BFloat16);
        _head.CopyOfWeight().Span.ToArray().Zip(original.Span.ToArray(), (x, y) => Math.Abs(x - y)).Max().ShouldBeInRange(1e-7f, 4e-3f);
    }

    private void Add(string name, string[] inFull) => _model.ApplyLora(new LoraOptions { Rank = 2, TargetModules = ["body"], ModulesToSave = inFull, AdapterName = name });

    // Moves everything that is trainable by another amount each.
    private void Train(float step)
    {
        foreach (Parameter parameter in _model.TrainableParameters)
        {
            for (int i = 0; i < parameter.Span.Length; i++)
            {
                parameter.Span[i] += step * (1 + i);
            }
        }
    }

    // Products by trained and by frozen weights round differently.
    private static void Near(float[] actual, float[] expected) => actual.Zip(expected, (x, y) => Math.Abs(x - y)).Max().ShouldBeLessThan(1e-5f);

    private float[] Run() => _head.Forward(_body.Forward(_x)).Span.ToArray();
}

internal static class LinearCopies
{
    public static Tensor CopyOfWeight(this Linear linear)
    {
        Tensor weight = Tensor.Zeros(linear.OutFeatures, linear.InFeatures);
        linear.CopyWeightTo(weight);
        return weight;
    }

    public static float[] CopyOfBias(this Linear linear)
    {
        float[] bias = new float[linear.OutFeatures];
        linear.CopyBiasTo(bias);
        return bias;
    }
}
