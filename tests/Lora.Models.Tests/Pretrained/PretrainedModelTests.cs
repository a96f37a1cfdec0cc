using System.Text.Json.Nodes;

namespace Lora.Models.Tests;

public sealed class PretrainedModelTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_configuration_says_which_class_it_is()
    {
        int[] tokens = [1, 4, 2];
        ICausalLanguageModel model = CausalLanguageModel.Load(Golden.PathOf("untied"));
        model.ShouldBeOfType<LlamaForCausalLM>();
        PretrainedModel.Load(Golden.PathOf("untied")).ShouldBeOfType<LlamaForCausalLM>().Forward(tokens, 1).Span.ToArray()
            .ShouldBe(model.Forward(tokens, 1).Span.ToArray());
        (model.VocabularySize, model.MaxSequenceLength, model.BosTokenId).ShouldBe((13, 32, 1));
        model.EosTokenIds.ShouldBe([2]);
    }

    /// <summary>As Hugging Face's generate: <c>generation_config.json</c> goes before <c>config.json</c>.</summary>
    [Theory]
    [InlineData("{\"eos_token_id\": [5, 7]}", 5, 7)]
    [InlineData("{\"eos_token_id\": 5}", 5)]
    [InlineData("{\"eos_token_id\": null}", 2)]
    [InlineData("{}", 2)]
    public void The_tokens_that_end_a_text_are_those_of_the_generation_configuration(string file, params int[] ends)
    {
        CopyOf("untied");
        File.WriteAllText(Path.Combine(_folder, "generation_config.json"), file);
        CausalLanguageModel.Load(_folder).EosTokenIds.ShouldBe(ends);
        File.WriteAllText(Path.Combine(_folder, "generation_config.json"), "{\"eos_token_id\": \"</s>\"}");
        Should.Throw<InvalidDataException>(() => CausalLanguageModel.Load(_folder)).Message.ShouldContain("generation_config.json");
    }

    /// <summary>Whole numbers and masks that models have beside their weights are passed over; numbers that are none are named, with their file.</summary>
    [Fact]
    public void Weights_that_are_no_numbers_are_refused()
    {
        string path = CopyOf("tied");
        Dictionary<string, Tensor> state = Models.Llama.Load(_folder).StateDict().ToDictionary(pair => pair.Key, pair => pair.Value);
        foreach (float value in (float[])[float.NaN, float.PositiveInfinity, float.NegativeInfinity])
        {
            state["model.layers.0.mlp.up_proj.weight"].Span[3] = value;
            SafetensorsFile.Write(path, state.Select(pair => (pair.Key, pair.Value)));
            SafetensorsException fault = Should.Throw<SafetensorsException>(() => Models.Llama.Load(_folder));
            (fault.File, fault.Tensor).ShouldBe((path, "model.layers.0.mlp.up_proj.weight"));
            fault.Reason.ShouldContain("not finite");
        }
    }

    [Fact]
    public void Whoever_trains_needs_the_interface_alone()
    {
        ICausalLanguageModel model = CausalLanguageModel.Load(Golden.PathOf("tied"));
        model.ApplyLora(new LoraOptions { Rank = 2, Alpha = 4 });
        int[] tokens = [1, 4, 2, 7];
        int[] targets = [4, 2, 7, 3];
        var adam = new Adam(model.TrainableParameters, 1e-2f);
        float before = model.Loss(tokens, targets, 1);
        for (int step = 0; step < 20; step++)
        {
            model.LossAndGradients(tokens, targets, 1);
            adam.Step();
            adam.ZeroGrad();
        }

        model.Loss(tokens, targets, 1).ShouldBeLessThan(before - 0.1f);
        model.Generate([1], new GenerationOptions { MaxNewTokens = 3, StopTokens = [] }).Count().ShouldBe(3);
    }

    [Theory]
    [InlineData("\"gemma\"", "gemma")]
    [InlineData("null", "absent")]
    public void An_unknown_model_type_is_refused_with_those_there_are(string type, string said)
    {
        JsonNode config = JsonNode.Parse(File.ReadAllText(Path.Combine(Golden.PathOf("tied"), "config.json")))!;
        config["model_type"] = JsonNode.Parse(type);
        File.WriteAllText(Path.Combine(_folder, "config.json"), config.ToJsonString());
        string message = Should.Throw<NotSupportedException>(() => PretrainedModel.Load(_folder)).Message;
        message.ShouldContain(said);
        message.ShouldContain("llama, mistral, qwen2, qwen3, gpt2");
    }

    [Theory]
    [InlineData("{ \"model_type\": ")]
    [InlineData("[]")]
    [InlineData("{} {}")]
    [InlineData("")]
    [InlineData("{ \"model_type\": 7 }")]
    public void A_damaged_configuration_is_refused(string text)
    {
        File.WriteAllText(Path.Combine(_folder, "config.json"), text);
        Should.Throw<InvalidDataException>(() => PretrainedModel.Load(_folder)).Message.ShouldContain("config.json");
    }

    [Fact]
    public void A_missing_configuration_is_an_error() =>
        Should.Throw<FileNotFoundException>(() => PretrainedModel.WithoutWeights(_folder)).Message.ShouldContain("config.json");

    [Fact]
    public void Files_of_the_bare_model_lack_its_prefix()
    {
        const string Prefix = "model.";
        IReadOnlyDictionary<string, Tensor> state = Models.Llama.Load(Golden.PathOf("tied")).StateDict();
        SafetensorsFile.Write(Path.Combine(_folder, "model.safetensors"), state.Select(pair => (pair.Key[Prefix.Length..], pair.Value)));
        File.Copy(Path.Combine(Golden.PathOf("tied"), "config.json"), Path.Combine(_folder, "config.json"));
        CausalLanguageModel.Load(_folder).Forward([1, 2], 1).Span.ToArray()
            .ShouldBe(Models.Llama.Load(Golden.PathOf("tied")).Forward([1, 2], 1).Span.ToArray());
    }

    private string CopyOf(string golden)
    {
        foreach (string file in Directory.GetFiles(Golden.PathOf(golden)).Where(file => !file.EndsWith("golden.json", StringComparison.Ordinal)))
        {
            File.Copy(file, Path.Combine(_folder, Path.GetFileName(file)));
        }

        return Path.Combine(_folder, "model.safetensors");
    }
}
