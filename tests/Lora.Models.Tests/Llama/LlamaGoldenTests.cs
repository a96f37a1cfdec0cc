using System.Text.Json;

namespace Lora.Models.Tests;

/// <summary>Two tiny Llamas against an implementation in double precision that shares nothing with this one.</summary>
public sealed class LlamaGoldenTests
{
    public static TheoryData<string> Cases => ["tied", "untied"];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Frozen_logits_and_loss(string name)
    {
        LlamaForCausalLM model = Models.Llama.Load(Golden.PathOf(name));
        JsonElement golden = Expected(name);
        TokenRows rows = TokenRows.From(golden.GetProperty("batches")[0]);
        Tensor logits = model.Forward(rows.Tokens, rows.Batch);
        logits.Shape.ToArray().ShouldBe([2, 6, model.Config.VocabSize]);
        Numbers.MaxDifference(logits.Span.ToDoubles(), Rows(golden, "frozen_logits")).ShouldBeLessThan(2e-5);
        model.Loss(rows.Tokens, rows.Targets, rows.Batch).ShouldBe((float)golden.GetProperty("frozen_loss").GetDouble(), 2e-5f);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Adapted_logits(string name)
    {
        JsonElement golden = Expected(name);
        TokenRows rows = TokenRows.From(golden.GetProperty("batches")[0]);
        Tensor logits = Adapted(name).Forward(rows.Tokens, rows.Batch);
        Numbers.MaxDifference(logits.Span.ToDoubles(), Rows(golden, "adapted_logits")).ShouldBeLessThan(2e-5);
    }

    [Theory]
    [InlineData("tied", 1)]
    [InlineData("tied", 2)]
    [InlineData("untied", 1)]
    [InlineData("untied", 2)]
    public void Training_by_Adam_in_micro_batches(string name, int microBatches)
    {
        LlamaForCausalLM model = Adapted(name);
        JsonElement golden = Expected(name);
        double[] losses = golden.Doubles("losses");
        double[] norms = golden.Doubles("gradient_norms");
        var adam = new Adam(model.TrainableParameters, golden.GetProperty("learning_rate").GetSingle());
        for (int step = 0; step < losses.Length; step++)
        {
            double loss = 0;
            foreach (TokenRows rows in Split(TokenRows.From(golden.GetProperty("batches")[step]), microBatches))
            {
                loss += model.LossAndGradients(rows.Tokens, rows.Targets, rows.Batch) / microBatches;
            }

            loss.ShouldBe(losses[step], 2e-5, $"loss of step {step + 1}");
            double[][] gradients = [.. model.TrainableParameters.Select(p => p.Gradient.Span.ToDoubles().Select(g => g / microBatches).ToArray())];
            Numbers.Norm(gradients.SelectMany(gradient => gradient)).ShouldBe(norms[step], 2e-4 * norms[step], $"gradient norm of step {step + 1}");
            if (step == 0)
            {
                JsonElement first = golden.GetProperty("first_gradients");
                first.EnumerateObject().Count().ShouldBe(gradients.Length);
                foreach ((Parameter parameter, double[] gradient) in model.TrainableParameters.Zip(gradients))
                {
                    Numbers.RelativeDistance(gradient, InOwnLayout(parameter, first)).ShouldBeLessThan(1e-4, parameter.Name);
                }
            }

            adam.Step(gradientScale: 1f / microBatches);
            adam.ZeroGrad();
        }

        JsonElement last = golden.GetProperty("final_adapter");
        double[] actual = [.. model.TrainableParameters.SelectMany(p => p.Span.ToDoubles())];
        double[] expected = [.. model.TrainableParameters.SelectMany(p => InOwnLayout(p, last))];
        Numbers.RelativeDistance(actual, expected).ShouldBeLessThan(1e-3);
    }

    internal static LlamaForCausalLM Adapted(string name)
    {
        JsonElement settings = Reference.ReadJson(Path.Combine(Golden.PathOf(name), "adapter", "adapter_config.json"));
        LlamaForCausalLM model = Models.Llama.Load(Golden.PathOf(name));
        model.ApplyLora(new LoraOptions
        {
            Rank = settings.GetProperty("r").GetInt32(),
            Alpha = settings.GetProperty("lora_alpha").GetSingle(),
            TargetModules = [.. settings.GetProperty("target_modules").EnumerateArray().Select(target => target.GetString()!)],
        });
        Adapters.Load(model, Path.Combine(Golden.PathOf(name), "adapter", "adapter_model.safetensors"));
        return model;
    }

    internal static TokenRows FirstBatch(string name) => TokenRows.From(Expected(name).GetProperty("batches")[0]);

    private static JsonElement Expected(string name) => Reference.ReadJson(Path.Combine(Golden.PathOf(name), "golden.json"));

    private static double[] Rows(JsonElement golden, string name) => [.. golden.GetProperty(name).EnumerateArray().SelectMany(row => row.Doubles())];

    private static double[] InOwnLayout(Parameter parameter, JsonElement peft) =>
        Adapters.Transpose(peft.Doubles(parameter.Name), parameter.Shape[1], parameter.Shape[0]);

    private static IEnumerable<TokenRows> Split(TokenRows rows, int parts)
    {
        int length = rows.Tokens.Length / parts;
        for (int part = 0; part < parts; part++)
        {
            Range range = (part * length)..((part + 1) * length);
            yield return new TokenRows(rows.Tokens[range], rows.Targets[range], rows.Batch / parts);
        }
    }
}
