using System.Text;
using System.Text.Json.Nodes;

namespace Lora.Models.Tests;

public sealed class LlamaConfigTests
{
    [Fact]
    public void Reads_every_setting()
    {
        LlamaConfig config = LlamaConfig.Load(Golden.PathOf("untied"));
        config.ShouldBe(new LlamaConfig
        {
            VocabSize = 13,
            HiddenSize = 6,
            IntermediateSize = 9,
            NumHiddenLayers = 1,
            NumAttentionHeads = 4,
            NumKeyValueHeads = 2,
            HeadDim = 2,
            MaxPositionEmbeddings = 32,
            RmsNormEps = 1e-6f,
            RopeTheta = 500,
            QkvBias = true,
            OutputBias = true,
            MlpBias = true,
            TieWordEmbeddings = false,
            BosTokenId = 1,
            EosTokenIds = config.EosTokenIds,
        });
        config.EosTokenIds.ShouldBe([2]);
    }

    [Fact]
    public void Absent_settings_are_those_of_Hugging_Face()
    {
        LlamaConfig config = Parse(json =>
        {
            foreach (string name in (string[])["num_key_value_heads", "head_dim", "rms_norm_eps", "rope_theta", "max_position_embeddings",
                "attention_bias", "mlp_bias", "tie_word_embeddings", "hidden_act", "rope_scaling", "bos_token_id", "eos_token_id"])
            {
                json.Remove(name);
            }
        });
        (config.NumKeyValueHeads, config.HeadDim, config.RmsNormEps, config.RopeTheta).ShouldBe((2, 4, 1e-6f, 10000f));
        (config.MaxPositionEmbeddings, config.QkvBias, config.OutputBias, config.MlpBias, config.TieWordEmbeddings).ShouldBe((2048, false, false, false, false));
        config.BosTokenId.ShouldBeNull();
        config.EosTokenIds.ShouldBeEmpty();
    }

    [Fact]
    public void Newer_files_keep_the_rotary_base_in_rope_parameters()
    {
        Parse(json =>
        {
            json.Remove("rope_theta");
            json["rope_parameters"] = JsonNode.Parse("""{ "rope_type": "default", "rope_theta": 500000.0 }""");
            json["eos_token_id"] = JsonNode.Parse("[2, 7]");
        }).ShouldSatisfyAllConditions(
            config => config.RopeTheta.ShouldBe(500000f),
            config => config.EosTokenIds.ShouldBe([2, 7]));
    }

    [Fact]
    public void Rotary_scaling_is_read_by_either_name()
    {
        Parse(json => json["rope_scaling"] = JsonNode.Parse("""{ "type": "linear", "factor": 2.5 }"""))
            .RopeScaling.ShouldBe(new RotaryScaling.Linear(2.5));
        Parse(json => json["rope_parameters"] = JsonNode.Parse(
            """{ "rope_type": "llama3", "rope_theta": 5e5, "factor": 32, "low_freq_factor": 1, "high_freq_factor": 4, "original_max_position_embeddings": 8192 }"""))
            .RopeScaling.ShouldBe(new RotaryScaling.Llama3(32, 1, 4, 8192));
    }

    [Fact]
    public void Relatives_have_biases_norms_and_windows_of_their_own()
    {
        Parse(json => Become(json, "qwen2")).ShouldSatisfyAllConditions(
            config => (config.QkvBias, config.OutputBias, config.QkNorm).ShouldBe((true, false, false)),
            config => config.SlidingWindow.ShouldBeNull());
        Parse(json => Become(json, "qwen3")).ShouldSatisfyAllConditions(
            config => (config.QkvBias, config.OutputBias, config.QkNorm).ShouldBe((false, false, true)),
            config => config.HeadDim.ShouldBe(128));
        Parse(json => Become(json, "mistral")).ShouldSatisfyAllConditions(
            config => (config.QkvBias, config.OutputBias, config.QkNorm).ShouldBe((false, false, false)),
            config => config.SlidingWindow.ShouldBe(4096),
            config => config.MaxSequenceLength.ShouldBe(32));
        Parse(json =>
        {
            Become(json, "mistral");
            json["sliding_window"] = 5;
        }).MaxSequenceLength.ShouldBe(5);
        Parse(json =>
        {
            Become(json, "mistral");
            json["sliding_window"] = null;
        }).SlidingWindow.ShouldBeNull();
    }

    [Theory]
    [InlineData("model_type", "\"gemma\"")]
    [InlineData("hidden_act", "\"gelu\"")]
    [InlineData("rope_scaling", "{ \"type\": \"dynamic\", \"factor\": 2.0 }")]
    [InlineData("rope_scaling", "{ \"factor\": 2.0 }")]
    [InlineData("rope_parameters", "{ \"rope_type\": \"yarn\", \"rope_theta\": 500000.0 }")]
    [InlineData("partial_rotary_factor", "0.5")]
    [InlineData("quantization_config", "{ \"bits\": 4 }")]
    public void What_is_not_supported_is_an_error_that_names_the_setting(string name, string value) =>
        Should.Throw<NotSupportedException>(() => Parse(json => json[name] = JsonNode.Parse(value))).Message.ShouldContain(name);

    [Theory]
    [InlineData("hidden_size", null)]
    [InlineData("vocab_size", "0")]
    [InlineData("num_hidden_layers", "-1")]
    [InlineData("num_key_value_heads", "3")]
    [InlineData("head_dim", "3")]
    [InlineData("rms_norm_eps", "-1e-5")]
    [InlineData("rope_theta", "0")]
    [InlineData("eos_token_id", "\"two\"")]
    [InlineData("hidden_size", "\"wide\"")]
    [InlineData("attention_bias", "1")]
    [InlineData("hidden_act", "1")]
    [InlineData("rope_scaling", "{ \"type\": \"linear\" }")]
    [InlineData("rope_scaling", "{ \"type\": \"linear\", \"factor\": 0 }")]
    [InlineData("rope_scaling", "{ \"rope_type\": \"llama3\", \"factor\": 8, \"low_freq_factor\": 4, \"high_freq_factor\": 4, \"original_max_position_embeddings\": 8192 }")]
    public void A_wrong_setting_is_an_error_that_names_it(string name, string? value) =>
        Should.Throw<InvalidDataException>(() => Parse(json => json[name] = value is null ? null : JsonNode.Parse(value))).Message.ShouldContain(name);

    private static void Become(JsonObject json, string kind)
    {
        json["model_type"] = kind;
        json.Remove("head_dim");
    }

    private static LlamaConfig Parse(Action<JsonObject> change)
    {
        JsonObject json = JsonNode.Parse(File.ReadAllBytes(Path.Combine(Golden.PathOf("tied"), "config.json")))!.AsObject();
        change(json);
        return LlamaConfig.Parse(Encoding.UTF8.GetBytes(json.ToJsonString()));
    }
}
