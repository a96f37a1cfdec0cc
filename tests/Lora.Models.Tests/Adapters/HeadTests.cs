using System.Text.Json;

namespace Lora.Models.Tests;

/// <summary>What all-linear means for the head of each family, and what adapters say of their base model.</summary>
public sealed class HeadTests
{
    [Theory]
    [InlineData("llama3-scaled")]
    [InlineData("qwen2")]
    [InlineData("qwen3")]
    [InlineData("mistral")]
    [InlineData("gpt2")]
    [InlineData("bert")]
    [InlineData("roberta")]
    [InlineData("distilbert")]
    public void All_linear_means_every_linear_layer_but_the_head(string name)
    {
        ILoraModel model = PretrainedModel.Load(TorchGolden.PathOf(name));
        string[] linears = [.. model.NamedLinears().Select(named => named.Path)];
        IReadOnlyList<string> adapted = model.ApplyLora(new LoraOptions { Rank = 1, TargetMatching = TargetMatching.AllLinear });
        string[] heads = [.. linears.Except(adapted)];
        heads.ShouldBe(name switch
        {
            "bert" => ["classifier"],
            "roberta" => ["classifier.dense", "classifier.out_proj"],
            "distilbert" => ["pre_classifier", "classifier"],
            _ => linears.Contains("lm_head") ? ["lm_head"] : [],
        });
        adapted.Count.ShouldBe(linears.Length - heads.Length);
    }

    [Theory]
    [InlineData("tied", false)]
    [InlineData("untied", true)]
    public void A_head_that_is_named_is_adapted_and_one_that_is_tied_is_no_layer(string name, bool hasHead)
    {
        LlamaForCausalLM model = Models.Llama.Load(Golden.PathOf(name));
        model.NamedLinears().Any(named => named.Path == "lm_head").ShouldBe(hasHead);
        if (hasHead)
        {
            model.ApplyLora(new LoraOptions { Rank = 1, TargetModules = ["lm_head"] }).ShouldBe(["lm_head"]);
        }
        else
        {
            Should.Throw<ArgumentException>(() => model.ApplyLora(new LoraOptions { Rank = 1, TargetModules = ["lm_head"] })).Message.ShouldContain("lm_head");
        }
    }

    [Fact]
    public void A_model_that_is_nothing_but_a_head_has_nothing_to_adapt()
    {
        var model = new HeadAlone();
        Should.Throw<ArgumentException>(() => model.ApplyLora(new LoraOptions { Rank = 1, TargetMatching = TargetMatching.AllLinear })).Message.ShouldContain("no part of the head");
    }

    [Theory]
    [InlineData("gpt2", "CAUSAL_LM", true)]
    [InlineData("qwen2", "CAUSAL_LM", false)]
    [InlineData("bert", "SEQ_CLS", false)]
    [InlineData("mlp", null, false)]
    public void Saved_adapters_say_the_task_and_the_orientation_of_the_weights(string name, string? task, bool fanInFanOut)
    {
        string folder = Directory.CreateTempSubdirectory("lora-").FullName;
        try
        {
            ILoraModel model = PretrainedModel.Load(TorchGolden.PathOf(name));
            model.ApplyLora(new LoraOptions { Rank = 1, TargetMatching = TargetMatching.AllLinear });
            PeftAdapter.Save(model, folder);
            JsonElement config = Reference.ReadJson(Path.Combine(folder, "adapter_config.json"));
            config.GetProperty("task_type").GetString().ShouldBe(task);
            config.GetProperty("fan_in_fan_out").GetBoolean().ShouldBe(fanInFanOut);
            Dictionary<string, (int[] Shape, double[] Values)> tensors = PlainSafetensors.Read(Path.Combine(folder, "adapter_model.safetensors"));
            (string path, Linear linear) = model.NamedLinears()[0];
            tensors[$"base_model.model.{path}.lora_A.weight"].Shape.ShouldBe([1, linear.InFeatures]);
            tensors[$"base_model.model.{path}.lora_B.weight"].Shape.ShouldBe([linear.OutFeatures, 1]);
            PeftAdapter.Save(model, folder, taskType: "FEATURE_EXTRACTION", fanInFanOut: !fanInFanOut);
            config = Reference.ReadJson(Path.Combine(folder, "adapter_config.json"));
            config.GetProperty("task_type").GetString().ShouldBe("FEATURE_EXTRACTION");
            config.GetProperty("fan_in_fan_out").GetBoolean().ShouldBe(!fanInFanOut);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}

/// <summary>A model whose only linear layer is its head.</summary>
internal sealed partial class HeadAlone : IPeftModel
{
    private readonly Linear _score = new(4, 2);

    public string TaskType => "SEQ_CLS";

    public IReadOnlyList<string> HeadModules => ["score"];

    [Differentiable]
    public Tensor Forward(Tensor x) => _score.Forward(x);
}
