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
}
