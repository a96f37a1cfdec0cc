using System.Text.Json.Nodes;

namespace Lora.Models.Tests;

public sealed class LlamaLoadTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("tied")]
    [InlineData("untied")]
    public void State_names_and_values_are_those_of_the_files(string name)
    {
        IReadOnlyDictionary<string, Tensor> state = Models.Llama.Load(Golden.PathOf(name)).StateDict();
        Dictionary<string, (int[] Shape, double[] Values)> files = [];
        foreach (string file in Directory.GetFiles(Golden.PathOf(name), "*.safetensors"))
        {
            foreach ((string key, (int[] Shape, double[] Values) value) in PlainSafetensors.Read(file))
            {
                files.Add(key, value);
            }
        }

        state.Keys.Order().ShouldBe(files.Keys.Order());
        foreach ((string key, Tensor value) in state)
        {
            value.Shape.ToArray().ShouldBe(files[key].Shape, key);
            value.Span.ToDoubles().ShouldBe(files[key].Values, key);
        }
    }

    [Fact]
    public void Missing_unknown_and_misshapen_weights_are_all_listed()
    {
        Write(state =>
        {
            state.Remove("model.norm.weight");
            state.Add("model.layers.2.extra.weight", Tensor.Zeros(1));
            state["model.layers.0.mlp.up_proj.weight"] = Tensor.Zeros(9, 8);
        });
        string message = Should.Throw<InvalidDataException>(() => Models.Llama.Load(_folder)).Message;
        message.ShouldContain("missing: model.norm.weight [8]");
        message.ShouldContain("unknown: model.layers.2.extra.weight [1]");
        message.ShouldContain("shape: model.layers.0.mlp.up_proj.weight is [10, 8] in the model, [9, 8] in the state");
    }

    [Fact]
    public void An_untied_head_must_be_there()
    {
        Write(_ => { }, config => config["tie_word_embeddings"] = false);
        Should.Throw<InvalidDataException>(() => Models.Llama.Load(_folder)).Message.ShouldContain("missing: lm_head.weight [11, 8]");
    }

    [Fact]
    public void What_older_files_hold_twice_is_left_out()
    {
        Write(state =>
        {
            state.Add("lm_head.weight", state["model.embed_tokens.weight"]);
            state.Add("model.layers.0.self_attn.rotary_emb.inv_freq", Tensor.Zeros(2));
        });
        Models.Llama.Load(_folder).StateDict().Count.ShouldBe(20);
    }

    [Fact]
    public void A_tied_head_that_differs_is_refused()
    {
        Write(state => state.Add("lm_head.weight", Tensor.Zeros(11, 8)));
        Should.Throw<InvalidDataException>(() => Models.Llama.Load(_folder)).Message.ShouldContain("tie_word_embeddings");
    }

    [Fact]
    public void A_folder_without_weights_or_configuration_is_an_error()
    {
        Should.Throw<FileNotFoundException>(() => Models.Llama.Load(_folder)).Message.ShouldContain("config.json");
        File.Copy(Path.Combine(Golden.PathOf("tied"), "config.json"), Path.Combine(_folder, "config.json"));
        Should.Throw<FileNotFoundException>(() => Models.Llama.Load(_folder)).Message.ShouldContain("model.safetensors");
    }

    [Theory]
    [InlineData(new[] { 1, 2, 3 }, 2)]
    [InlineData(new[] { 1, 11 }, 1)]
    [InlineData(new[] { 1, -1 }, 1)]
    [InlineData(new[] { 1, 2 }, 0)]
    public void Tokens_that_do_not_fit_are_refused(int[] tokens, int batch)
    {
        LlamaForCausalLM model = Models.Llama.Load(Golden.PathOf("tied"));
        Should.Throw<ArgumentException>(() => model.Forward(tokens, batch));
    }

    private void Write(Action<Dictionary<string, Tensor>> change, Action<JsonNode>? changeConfig = null)
    {
        Dictionary<string, Tensor> state = new(Models.Llama.Load(Golden.PathOf("tied")).StateDict());
        change(state);
        SafetensorsFile.Write(Path.Combine(_folder, "model.safetensors"), state.Select(pair => (pair.Key, pair.Value)));
        JsonNode config = JsonNode.Parse(File.ReadAllText(Path.Combine(Golden.PathOf("tied"), "config.json")))!;
        changeConfig?.Invoke(config);
        File.WriteAllText(Path.Combine(_folder, "config.json"), config.ToJsonString());
    }
}
