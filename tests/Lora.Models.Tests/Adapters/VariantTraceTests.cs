using System.Text.Json;

namespace Lora.Models.Tests;

/// <summary>
/// Training runs of PyTorch (<c>Golden/make_variants.py</c>) from adapters that are read as PEFT's: kinds of adapters, what is trained beside them, and options of
/// the optimisers. The ends are compared in the files that are written.
/// </summary>
public sealed class VariantTraceTests
{
    public static TheoryData<string> Cases =>
    [
        "plain_all", "rslora_all", "dora_all", "dora_patterns", "dora_embedding", "bias_and_head", "loraplus", "cosine_clipped", "linear_sgd", "adam_l2", "linear_adamw",
    ];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Training_goes_as_in_PyTorch(string name)
    {
        string folder = Golden.PathOf($"variants/{name}");
        JsonElement trace = Reference.ReadJson(Path.Combine(folder, "trace.json"));
        JsonElement spec = trace.GetProperty("spec");
        LlamaForCausalLM model = Models.Llama.Load(Golden.PathOf(spec.GetProperty("base").GetString()!));
        PeftAdapter.Load(model, folder);
        Optimizer optimizer = OptimizerOf(spec, model);
        LearningRateSchedule schedule = ScheduleOf(spec);
        double[] losses = trace.Doubles("loss_f64");
        double[] norms = trace.Doubles("grad_norm_f64");
        double[] rates = trace.Doubles("lr");
        JsonElement clip = spec.GetProperty("clip");
        TokenRows rows = TokenRows.From(trace.GetProperty("batches")[0][0]);
        for (int step = 0; step < losses.Length; step++)
        {
            JsonElement micros = trace.GetProperty("batches")[step];
            int count = micros.GetArrayLength();
            double loss = 0;
            foreach (JsonElement micro in micros.EnumerateArray())
            {
                rows = TokenRows.From(micro);
                loss += model.LossAndGradients(rows.Tokens, rows.Targets, rows.Batch) / count;
            }

            loss.ShouldBe(losses[step], 2e-5, $"loss of step {step + 1}");
            GradientNorm.Of(model.TrainableParameters).ShouldBe(norms[step] * count, 2e-4 * norms[step] * count, $"gradient norm of step {step + 1}");
            if (clip.ValueKind == JsonValueKind.Number)
            {
                norms[step].ShouldBeGreaterThan(clip.GetDouble());
                GradientNorm.Clip(model.TrainableParameters, clip.GetDouble() * count);
            }

            optimizer.LearningRate = schedule.At(step);
            optimizer.LearningRate.ShouldBe((float)rates[step], 1e-7f);
            optimizer.Step(gradientScale: 1f / count);
            optimizer.ZeroGrad();
        }

        string written = Directory.CreateTempSubdirectory("lora-").FullName;
        try
        {
            PeftAdapter.Save(model, written);
            Dictionary<string, (int[] Shape, double[] Values)> expected = PlainSafetensors.Read(Path.Combine(folder, "final.safetensors"));
            Dictionary<string, (int[] Shape, double[] Values)> actual = PlainSafetensors.Read(Path.Combine(written, "adapter_model.safetensors"));
            actual.Keys.Order().ShouldBe(expected.Keys.Order());
            string[] names = [.. expected.Keys];
            Array.ForEach(names, tensor => actual[tensor].Shape.ShouldBe(expected[tensor].Shape, tensor));
            Numbers.RelativeDistance([.. names.SelectMany(tensor => actual[tensor].Values)], [.. names.SelectMany(tensor => expected[tensor].Values)])
                .ShouldBeLessThanOrEqualTo(1e-3);

            float adapted = model.Loss(rows.Tokens, rows.Targets, rows.Batch);
            LlamaForCausalLM again = Models.Llama.Load(Golden.PathOf(spec.GetProperty("base").GetString()!));
            PeftAdapter.Load(again, written);
            again.Loss(rows.Tokens, rows.Targets, rows.Batch).ShouldBe(adapted);
            double[] logits = again.Forward(rows.Tokens, rows.Batch).Span.ToDoubles();
            again.MergeAdapters();
            Numbers.MaxDifference(again.Forward(rows.Tokens, rows.Batch).Span.ToDoubles(), logits).ShouldBeLessThanOrEqualTo(1e-5);
        }
        finally
        {
            Directory.Delete(written, recursive: true);
        }
    }

    private static Optimizer OptimizerOf(JsonElement spec, LlamaForCausalLM model)
    {
        float weightDecay = spec.GetProperty("weight_decay").GetSingle();
        float ratio = spec.GetProperty("loraplus").GetSingle();
        float beta1 = spec.GetProperty("betas")[0].GetSingle();
        float beta2 = spec.GetProperty("betas")[1].GetSingle();
        float epsilon = spec.GetProperty("eps").GetSingle();
        return spec.GetProperty("optimizer").GetString() switch
        {
            "sgd" => new Sgd(model.TrainableParameters, momentum: spec.GetProperty("momentum").GetSingle(), weightDecay: weightDecay) { LoraPlusRatio = ratio },
            "adam" => new Adam(model.TrainableParameters, 1e-3f, beta1, beta2, epsilon, weightDecay) { LoraPlusRatio = ratio },
            _ => new AdamW(model.TrainableParameters, 1e-3f, beta1, beta2, epsilon, weightDecay) { LoraPlusRatio = ratio },
        };
    }

    private static LearningRateSchedule ScheduleOf(JsonElement spec)
    {
        float peak = spec.GetProperty("lr").GetSingle();
        int steps = spec.GetProperty("steps").GetInt32();
        int warmup = spec.GetProperty("warmup").GetInt32();
        return spec.GetProperty("schedule").GetString() switch
        {
            "cosine" => LearningRateSchedule.Cosine(peak, steps, warmup),
            "linear" => LearningRateSchedule.Linear(peak, steps, warmup),
            _ => LearningRateSchedule.Constant(peak, warmup),
        };
    }
}
