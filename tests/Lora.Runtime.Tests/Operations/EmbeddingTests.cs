namespace Lora.Tests.Operations;

public sealed class EmbeddingTests
{
    private static readonly int[] _ids = [3, 0, 3, 8];

    [Fact]
    public void No_ids_at_all_are_no_rows_on_a_new_thread_too()
    {
        var embedding = new Embedding(5, 3);
        new LayersModel(("table", embedding)).ApplyLora(new LoraOptions { Rank = 2, TargetModules = ["table"] });
        int length = -1;
        var thread = new Thread(() => length = embedding.Forward([]).Length);
        thread.Start();
        thread.Join();
        length.ShouldBe(0);
    }

    [Fact]
    public void An_adapter_changes_nothing_at_first_and_something_once_A_is_not_zero()
    {
        var layer = new Embedding(9, 4);
        var adapted = new LoraEmbedding(layer, rank: 2, alpha: 5);
        adapted.Forward(_ids).Span.SequenceEqual(layer.ForwardFrozen(_ids).Span).ShouldBeTrue();
        adapted.B.Span.ToArray().ShouldContain(value => value != 0);
        Tensor.RandomNormal(4, 9, 2).Span.CopyTo(adapted.A.Span);
        adapted.Forward(_ids).Span.SequenceEqual(layer.ForwardFrozen(_ids).Span).ShouldBeFalse();
        layer.Forward(_ids).Span.SequenceEqual(layer.ForwardFrozen(_ids).Span).ShouldBeTrue();
    }

    [Fact]
    public void The_merged_table_gives_what_the_adapted_layer_gives()
    {
        var layer = new Embedding(9, 4);
        var adapted = new LoraEmbedding(layer, rank: 2, alpha: 5);
        Tensor.RandomNormal(4, 9, 2).Span.CopyTo(adapted.A.Span);
        Embedding merged = adapted.Merge();
        merged.Forward(_ids, 2).Shape.ToArray().ShouldBe([2, 2, 4]);
        merged.Forward(_ids, 2).Span.ToArray().ShouldBe(adapted.Forward(_ids, 2).Span.ToArray(), 1e-6);
    }

    [Fact]
    public void Merging_in_place_and_back_restores_the_bits()
    {
        var layer = new Embedding(9, 4);
        layer.Attach(new LoraSettings { Rank = 2, Alpha = 3 }, "table");
        Tensor.RandomNormal(4, 9, 2).Span.CopyTo(layer.Adapter!.A.Span);
        float[] before = layer.ForwardFrozen(_ids).Span.ToArray();
        float[] adapted = layer.Forward(_ids).Span.ToArray();
        adapted.ShouldNotBe(before);
        layer.Merge(keepOriginal: true);
        layer.Forward(_ids).Span.ToArray().ShouldBe(adapted, 1e-6);
        Should.Throw<InvalidOperationException>(() => layer.ForwardFrozen(_ids)).Message.ShouldContain("merged");
        Should.Throw<InvalidOperationException>(() => layer.SetWeight(Tensor.Zeros(9, 4))).Message.ShouldContain("merged");
        layer.Unmerge();
        layer.ForwardFrozen(_ids).Span.ToArray().ShouldBe(before);
    }

    [Fact]
    public void A_table_with_an_adapter_cannot_be_the_head_too()
    {
        var layer = new Embedding(9, 4);
        Tensor x = Tensor.RandomNormal(1, 2, 4);
        Nn.Project(x, layer).Shape.ToArray().ShouldBe([2, 9]);
        layer.Attach(new LoraSettings { Rank = 2 }, "table");
        Should.Throw<InvalidOperationException>(() => Nn.Project(x, layer)).Message.ShouldContain("tied weights");
    }

    [Fact]
    public void Freezing_and_training_keep_the_values()
    {
        var layer = Embedding.From(Tensor.RandomNormal(1, 9, 4));
        float[] before = layer.Forward(_ids).Span.ToArray();
        layer.IsFrozen = false;
        layer.Forward(_ids).Span.ToArray().ShouldBe(before);
        layer.Weights[0].Dense!.Span[12] += 1;
        layer.IsFrozen = true;
        layer.Forward(_ids).Span[0].ShouldBe(before[0] + 1);
        layer.Weights[0].Dense.ShouldBeNull();
    }

    [Fact]
    public void The_first_draw_is_the_standard_normal_distribution()
    {
        float[] values = new float[20_000];
        new Embedding(2000, 10).CopyWeightTo(values);
        double mean = values.Average();
        mean.ShouldBe(0, 0.05);
        values.Average(value => (value - mean) * (value - mean)).ShouldBe(1, 0.06);
    }
}
