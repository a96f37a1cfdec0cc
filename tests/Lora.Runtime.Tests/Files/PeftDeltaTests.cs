using System.Globalization;

namespace Lora.Tests.Files;

/// <summary>What an adapter of PEFT's files does to a model's weights, computed from its tensors by hand.</summary>
public sealed class PeftDeltaTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string, string> Deltas => new()
    {
        // alpha / r, by the layer's own r and alpha.
        { """{"r":2,"lora_alpha":6}""", "3" },
        { """{"r":2,"lora_alpha":6,"use_rslora":true}""", "4.242640687" },
        { """{"r":9,"lora_alpha":6,"rank_pattern":{"proj":2}}""", "3" },
        { """{"r":2,"lora_alpha":1,"alpha_pattern":{"^layers\\.0\\.proj":6}}""", "3" },
        { """{"r":9,"lora_alpha":1,"use_rslora":true,"rank_pattern":{"layers.0.proj":2},"alpha_pattern":{"proj":8}}""", "5.656854249" },

        // The first key in the file that fits counts.
        { """{"r":9,"lora_alpha":6,"rank_pattern":{"proj":2,".*proj":3}}""", "3" },

        // A key fits an end that begins at a dot, and ^ only the beginning.
        { """{"r":2,"lora_alpha":6,"alpha_pattern":{"roj":99,"^proj":99,"layers":99}}""", "3" },

        // Absent: r 8, alpha 8.
        { """{"r":2}""", "4" },

        // Options that leave the numbers of a trained adapter as they are.
        { """{"r":2,"lora_alpha":6,"fan_in_fan_out":true,"lora_dropout":0.3,"init_lora_weights":"gaussian"}""", "3" },
        { """{"r":2,"lora_alpha":6,"init_lora_weights":"orthogonal","qalora_group_size":16,"megatron_core":"megatron.core","corda_config":null}""", "3" },
    };

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Deltas))]
    public void A_linear_layer_gains_its_scaling_times_B_A(string config, string scaling)
    {
        Tensor a = Tensor.RandomNormal(1, 2, 5);
        Tensor b = Tensor.RandomNormal(2, 3, 2);
        _folder.WriteAdapter(config, """["proj"]""", ("base_model.model.layers.0.proj.lora_A.weight", a), ("base_model.model.layers.0.proj.lora_B.weight", b));
        Tensor weight = Tensor.RandomNormal(3, 3, 5);
        var linear = Linear.From(weight, Tensor.RandomNormal(4, 3));
        var model = new LayersModel(("layers.0.proj", linear));
        PeftAdapter.Load(model, _folder.Path).ShouldBe(["layers.0.proj"]);
        model.MergeAdapters();
        float[] merged = linear.Weights[0].ToTensor().Span.ToArray();
        double scale = double.Parse(scaling, CultureInfo.InvariantCulture);
        for (int o = 0; o < 3; o++)
        {
            for (int i = 0; i < 5; i++)
            {
                double expected = weight[o, i] + (scale * ((b[o, 0] * a[0, i]) + (b[o, 1] * a[1, i])));
                merged[(o * 5) + i].ShouldBe((float)expected, 1e-5f);
            }
        }
    }

    [Fact]
    public void An_embedding_gains_its_scaling_times_the_transpose_of_B_A()
    {
        Tensor a = Tensor.RandomNormal(1, 2, 7);
        Tensor b = Tensor.RandomNormal(2, 3, 2);
        _folder.WriteAdapter("""{"r":2,"lora_alpha":6}""", """["embed"]""", ("base_model.model.embed.lora_embedding_A", a), ("base_model.model.embed.lora_embedding_B", b));
        Tensor table = Tensor.RandomNormal(3, 7, 3);
        var embedding = Embedding.From(table);
        PeftAdapter.Load(new LayersModel(("embed", embedding)), _folder.Path);
        Tensor rows = embedding.Forward([4, 6]);
        foreach ((int row, int id) in new[] { (0, 4), (1, 6) })
        {
            for (int o = 0; o < 3; o++)
            {
                rows[row, o].ShouldBe(table[id, o] + (3 * ((b[o, 0] * a[0, id]) + (b[o, 1] * a[1, id]))), 1e-5f);
            }
        }
    }

    [Fact]
    public void With_a_magnitude_every_feature_of_the_sum_has_its_length()
    {
        Tensor a = Tensor.RandomNormal(1, 2, 5);
        Tensor b = Tensor.RandomNormal(2, 3, 2);
        Tensor m = Tensor.From([0.5f, 2, 3], 3);
        _folder.WriteAdapter(
            """{"r":2,"lora_alpha":6,"use_dora":true}""",
            """["proj"]""",
            ("base_model.model.proj.lora_A.weight", a), ("base_model.model.proj.lora_B.weight", b), ("base_model.model.proj.lora_magnitude_vector", m));
        Tensor weight = Tensor.RandomNormal(3, 3, 5);
        var linear = Linear.From(weight, null);
        PeftAdapter.Load(new LayersModel(("proj", linear)), _folder.Path);
        Tensor unit = Tensor.Zeros(5, 5);
        for (int i = 0; i < 5; i++)
        {
            unit[i, i] = 1;
        }

        Tensor columns = linear.Forward(unit);
        for (int o = 0; o < 3; o++)
        {
            double[] row = [.. Enumerable.Range(0, 5).Select(i => weight[o, i] + (3.0 * ((b[o, 0] * a[0, i]) + (b[o, 1] * a[1, i]))))];
            double norm = Math.Sqrt(row.Sum(value => value * value));
            for (int i = 0; i < 5; i++)
            {
                columns[i, o].ShouldBe((float)(m.Span[o] * row[i] / norm), 1e-5f);
            }
        }
    }
}
