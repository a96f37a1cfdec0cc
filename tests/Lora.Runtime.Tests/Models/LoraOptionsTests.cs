namespace Lora.Tests.Models;

/// <summary>What the options of ApplyLora choose, and how every entry that means nothing is refused.</summary>
public sealed class LoraOptionsTests
{
    public static TheoryData<LoraOptions, string> Refused => new()
    {
        { new LoraOptions { ExcludeModules = ["x_proj"] }, "ExcludeModules has 'x_proj'" },
        { new LoraOptions { LayersToTransform = [0, 3] }, "LayersToTransform has 3" },
        { new LoraOptions { LayersToTransform = [] }, "No layer is left" },
        { new LoraOptions { ExcludeModules = ["proj"] }, "No layer is left" },
        { new LoraOptions { ModulesToSave = ["classifier"] }, "ModulesToSave has 'classifier'" },
        { new LoraOptions { RankPattern = new Dictionary<string, int> { ["k_proj"] = 2 } }, "RankPattern has 'k_proj'" },
        { new LoraOptions { RankPattern = new Dictionary<string, int> { ["("] = 2 } }, "no regular expression" },
        { new LoraOptions { RankPattern = new Dictionary<string, int> { ["q_proj"] = 0 } }, "'layers.0.q_proj' cannot be adapted. Rank is 0" },
        { new LoraOptions { RankPattern = new Dictionary<string, int> { ["q_proj"] = 1, [".*q_proj"] = 2 } }, "two values, 1 and 2" },
        { new LoraOptions { AlphaPattern = new Dictionary<string, float> { ["q_proj"] = float.NaN } }, "Alpha is NaN" },
        { new LoraOptions { Dropout = 1 }, "Dropout is 1" },
        { new LoraOptions { Bias = (LoraBias)7 }, "no LoraBias 7" },
        { new LoraOptions { TargetMatching = TargetMatching.Regex, TargetModules = ["("] }, "no regular expression" },
        { new LoraOptions { ExcludeModules = [""] }, "An entry of ExcludeModules is an empty string" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void An_option_that_means_nothing_is_refused_and_changes_nothing(LoraOptions options, string reason)
    {
        LayersModel model = Model();
        Should.Throw<ArgumentException>(() => model.ApplyLora(options)).Message.ShouldContain(reason);
        model.TrainableParameters.ShouldBeEmpty();
        model.Adapters.Names.ShouldBeEmpty();
    }

    [Fact]
    public void Layers_are_taken_away_by_name_and_by_number()
    {
        Model().ApplyLora(new LoraOptions { ExcludeModules = ["layers.1"] }).ShouldBe(["layers.0.q_proj", "layers.0.v_proj", "layers.2.q_proj", "layers.2.v_proj"]);
        Model().ApplyLora(new LoraOptions { LayersToTransform = [2, 0] }).ShouldBe(["layers.0.q_proj", "layers.0.v_proj", "layers.2.q_proj", "layers.2.v_proj"]);
        Model().ApplyLora(new LoraOptions { TargetMatching = TargetMatching.AllLinear, ExcludeModules = ["head", "v_proj"] })
            .ShouldBe(["layers.0.q_proj", "layers.1.q_proj", "layers.2.q_proj"]);
        Model().ApplyLora(new LoraOptions { TargetMatching = TargetMatching.Regex, TargetModules = [".*_proj"], ExcludeModules = [@".*\.[02]\..*"] })
            .ShouldBe(["layers.1.q_proj", "layers.1.v_proj"]);
    }

    [Fact]
    public void Ranks_and_alphas_by_pattern()
    {
        LayersModel model = Model();
        model.ApplyLora(new LoraOptions
        {
            Rank = 4,
            Alpha = 8,
            RankPattern = new Dictionary<string, int> { ["v_proj"] = 2, [@"^layers\.1\.q_proj"] = 1 },
            AlphaPattern = new Dictionary<string, float> { ["1.q_proj"] = 3 },
        });
        model.NamedLinears().Where(named => named.Linear.Adapter is not null).Select(named => (named.Linear.Adapter!.Rank, named.Linear.Adapter.Alpha))
            .ShouldBe([(4, 8f), (2, 8f), (1, 3f), (2, 8f), (4, 8f), (2, 8f)]);
    }

    [Fact]
    public void Modules_to_save_are_trained_in_full_and_get_no_adapter()
    {
        LayersModel model = Model();
        model.ApplyLora(new LoraOptions { Rank = 1, TargetMatching = TargetMatching.AllLinear, ModulesToSave = ["head", "layers.1"] })
            .ShouldBe(["layers.0.q_proj", "layers.0.v_proj", "layers.2.q_proj", "layers.2.v_proj"]);
        model.TrainableParameters.Select(parameter => parameter.Name).Where(name => !name.Contains("lora")).ShouldBe(
        [
            "layers.1.q_proj.weight", "layers.1.q_proj.bias", "layers.1.v_proj.weight", "layers.1.v_proj.bias", "head.weight", "head.bias",
        ]);
    }

    [Theory]
    [InlineData(LoraBias.LoraOnly, "layers.0.q_proj.bias layers.1.q_proj.bias layers.2.q_proj.bias")]
    [InlineData(LoraBias.All, "layers.0.q_proj.bias layers.0.v_proj.bias layers.1.q_proj.bias layers.1.v_proj.bias layers.2.q_proj.bias layers.2.v_proj.bias norm.bias head.bias")]
    public void Biases_are_trained_while_the_weights_stay_frozen(LoraBias bias, string names)
    {
        LayersModel model = Model();
        model.ApplyLora(new LoraOptions { TargetModules = ["q_proj"], Bias = bias });
        model.TrainableParameters.Select(parameter => parameter.Name).Where(name => !name.Contains("lora")).ShouldBe(names.Split(' '));
        Linear head = model.NamedLinears().Single(named => named.Path == "head").Linear;
        head.IsFrozen.ShouldBeTrue();
        head.IsTrainable.ShouldBe(bias == LoraBias.All);
    }

    [Fact]
    public void The_gradient_of_a_trained_bias_is_the_sum_of_the_results()
    {
        var linear = new Linear(4, 3);
        var norm = new LayerNorm(3);
        var model = new LayersModel(("linear", linear), ("norm", norm));
        model.ApplyLora(new LoraOptions { Rank = 1, TargetModules = ["linear"], Bias = LoraBias.All });
        Tensor x = Tensor.RandomNormal(1, 2, 4);
        Tensor y = Tensor.Zeros(2, 3);
        Tensor g = Tensor.From([1, 2, 3, 10, 20, 30], 2, 3);
        Tensor saved = Tensor.Uninitialized(linear.ForwardSaves(x));
        linear.ForwardInto<AnyRank>(x, y, saved);
        linear.ForwardBackward<AnyRank>(x, saved, g, null);
        Tensor statistics = Tensor.Uninitialized(norm.ForwardSaves(y));
        norm.ForwardInto(y, Tensor.Zeros(2, 3), statistics);
        norm.ForwardBackward(y, statistics, g, null);
        foreach (string name in new[] { "linear.bias", "norm.bias" })
        {
            model.TrainableParameters.Single(parameter => parameter.Name == name).Gradient.Span.ToArray().ShouldBe([11, 22, 33]);
        }
    }

    private static LayersModel Model() => new(
    [
        .. Enumerable.Range(0, 3).SelectMany(layer => new (string, Layer)[]
        {
            ($"layers.{layer}.q_proj", new Linear(6, 6)),
            ($"layers.{layer}.v_proj", new Linear(6, 6)),
        }),
        ("norm", new LayerNorm(6)),
        ("head", new Linear(6, 3)),
    ]);
}
