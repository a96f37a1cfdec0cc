namespace Lora.Models.Tests;

[Collection(nameof(AloneCollection))]
public sealed class ApplyLoraTests
{
    [Fact]
    public void The_defaults_adapt_queries_and_values()
    {
        LlamaForCausalLM model = Models.Llama.Load(Golden.PathOf("tied"));
        model.ApplyLora(new LoraOptions { Rank = 2 }).ShouldBe(
        [
            "model.layers.0.self_attn.q_proj", "model.layers.0.self_attn.v_proj",
            "model.layers.1.self_attn.q_proj", "model.layers.1.self_attn.v_proj",
        ]);
        model.TrainableParameters.Count.ShouldBe(8);
    }

    [Fact]
    public void A_target_that_matches_nothing_is_an_error_that_names_the_layers()
    {
        LlamaForCausalLM model = Models.Llama.Load(Golden.PathOf("tied"));
        string missing = "query"; // A constant would be LORA0008.
        string message = Should.Throw<ArgumentException>(() => model.ApplyLora(new LoraOptions { Rank = 2, TargetModules = ["q_proj", missing] })).Message;
        message.ShouldContain("'query'");
        message.ShouldContain(
            "The layers there are: model.embed_tokens, model.layers.*.self_attn.q_proj, model.layers.*.self_attn.k_proj, model.layers.*.self_attn.v_proj, "
            + "model.layers.*.self_attn.o_proj, model.layers.*.mlp.gate_proj, model.layers.*.mlp.up_proj, model.layers.*.mlp.down_proj.");
        model.TrainableParameters.ShouldBeEmpty();
    }

    [Fact]
    public void A_rank_that_does_not_fit_changes_nothing()
    {
        LlamaForCausalLM model = Models.Llama.Load(Golden.PathOf("tied"));
        Should.Throw<ArgumentException>(() => model.ApplyLora(new LoraOptions { Rank = 8 })).Message.ShouldContain("v_proj");
        model.TrainableParameters.ShouldBeEmpty();
    }

    [Fact]
    public void Every_linear_layer_but_the_head_under_its_path()
    {
        LlamaForCausalLM model = Models.Llama.Load(Golden.PathOf("untied"));
        IReadOnlyList<string> adapted = model.ApplyLora(new LoraOptions { Rank = 2, TargetMatching = TargetMatching.AllLinear });
        adapted.ShouldBe(model.NamedLinears().Select(named => named.Path).Where(path => path != "lm_head"));
        adapted.ShouldBe(
        [
            .. ((string[])["q_proj", "k_proj", "v_proj", "o_proj"]).Select(name => $"model.layers.0.self_attn.{name}"),
            .. ((string[])["gate_proj", "up_proj", "down_proj"]).Select(name => $"model.layers.0.mlp.{name}"),
        ]);
    }

    [Theory]
    [InlineData("tied", 2, 2048)]
    [InlineData("untied", 1, 4096)]
    public void Fresh_adapters_change_no_bit_of_the_logits(string name, int rank, int seed)
    {
        LlamaForCausalLM model = Models.Llama.Load(Golden.PathOf(name));
        TokenRows rows = LlamaGoldenTests.FirstBatch(name);
        float[] before = model.Forward(rows.Tokens, rows.Batch).Span.ToArray();
        LoraRandom.ManualSeed((ulong)seed);
        model.ApplyLora(new LoraOptions { Rank = rank, Alpha = 5, TargetMatching = TargetMatching.AllLinear });
        model.Forward(rows.Tokens, rows.Batch).Span.ToArray().ShouldBe(before);
        model.TrainableParameters.First(parameter => parameter.Name.EndsWith("lora_B", StringComparison.Ordinal)).Span[0] = 0.5f;
        model.Forward(rows.Tokens, rows.Batch).Span.ToArray().ShouldNotBe(before);
    }
}
