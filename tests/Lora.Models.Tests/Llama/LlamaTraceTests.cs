using System.Text.Json;

namespace Lora.Models.Tests;

/// <summary>Training runs of a real Llama against those of PyTorch: the same start, the same batches.</summary>
public sealed class LlamaTraceTests
{
    [Theory]
    [InlineData("sgd_qv_r4")]
    [InlineData("adamw_qv_r4")]
    public void Training_goes_as_in_PyTorch(string name)
    {
        string folder = Reference.PathOf($"traces/{name}");
        JsonElement trace = Reference.Json($"traces/{name}/trace.json");
        JsonElement spec = trace.GetProperty("spec");
        LlamaForCausalLM model = Adapted(spec, Path.Combine(folder, "init_adapter.safetensors"));
        Optimizer optimizer = OptimizerOf(spec, model);
        Dictionary<string, (int[] Shape, double[] Values)> gradients = PlainSafetensors.Read(Path.Combine(folder, "grads_step1_step2.safetensors"));
        double[] losses = trace.Doubles("loss_f64");
        double[] norms = trace.Doubles("grad_norm_f64");
        double[] rates = trace.Doubles("lr");
        JsonElement batches = trace.GetProperty("batches");
        batches.GetArrayLength().ShouldBe(losses.Length);
        TokenRows last = TokenRows.From(batches[0][0]);

        for (int step = 0; step < losses.Length; step++)
        {
            double loss = 0;
            int count = batches[step].GetArrayLength();
            foreach (JsonElement micro in batches[step].EnumerateArray())
            {
                last = TokenRows.From(micro);
                loss += model.LossAndGradients(last.Tokens, last.Targets, last.Batch);
            }

            (loss / count).ShouldBe(losses[step], 2e-5, $"loss of step {step + 1}");
            double norm = Numbers.Norm(model.TrainableParameters.SelectMany(parameter => parameter.Gradient.Span.ToDoubles())) / count;
            norm.ShouldBe(norms[step], 2e-4 * norms[step], $"gradient norm of step {step + 1}");
            if (step < 2)
            {
                foreach (Parameter parameter in model.TrainableParameters)
                {
                    string key = $"step{step + 1}.{Adapters.PeftName(parameter)}";
                    double[] gradient = [.. Adapters.ToPeft(parameter.Gradient).Select(value => value / count)];
                    gradient.ShouldBeGradient(gradients[key].Values, key);
                }
            }

            optimizer.LearningRate = (float)rates[step];
            optimizer.Step(gradientScale: 1f / count);
            optimizer.ZeroGrad();
        }

        Dictionary<string, (int[] Shape, double[] Values)> final = PlainSafetensors.Read(Path.Combine(folder, "final_adapter_f64.safetensors"));
        Distance(model.TrainableParameters.Select(p => (Adapters.ToPeft(p.Value), final[Adapters.PeftName(p)].Values))).ShouldBeLessThanOrEqualTo(1e-3);
        model.Loss(last.Tokens, last.Targets, last.Batch)
            .ShouldBe((float)trace.GetProperty("last_batch_loss_after_training_f64").GetDouble(), 2e-5f);

        string state = Path.Combine(folder, "final_adamw_state.safetensors");
        File.Exists(state).ShouldBe(optimizer is AdamW);
        if (optimizer is AdamW)
        {
            CheckMoments(model, optimizer, PlainSafetensors.Read(state));
        }
    }

    [Theory]
    [InlineData("sgd_qv_r4")]
    [InlineData("adamw_qv_r4")]
    public void An_adapter_from_PyTorch_gives_its_logits_and_texts(string name)
    {
        JsonElement spec = Reference.Json($"traces/{name}/trace.json").GetProperty("spec");
        LlamaForCausalLM model = Adapted(spec, Reference.PathOf($"traces/{name}/final_adapter/adapter_model.safetensors"));
        Check();
        model.MergeAdapters();
        Check();

        void Check()
        {
            foreach (JsonElement sequence in Reference.Json($"traces/{name}/adapter_forward.json").GetProperty("sequences").EnumerateArray())
            {
                int[] prompt = sequence.Ints("ids");
                double[] logits = model.Forward(prompt, batch: 1).Span[^512..].ToDoubles();
                Numbers.MaxDifference(logits, sequence.Doubles("last_logits_f64")).ShouldBeLessThanOrEqualTo(1e-3);
                int[] expected = sequence.Ints("greedy_continuation");
                model.Generate(prompt, new GenerationOptions { MaxNewTokens = expected.Length }).ShouldBe(expected);
            }
        }
    }

    private static LlamaForCausalLM Adapted(JsonElement spec, string adapter)
    {
        LlamaForCausalLM model = Models.Llama.Load(Reference.PathOf("stories260K/hf"));
        model.ApplyLora(new LoraOptions
        {
            Rank = spec.GetProperty("r").GetInt32(),
            Alpha = spec.GetProperty("alpha").GetSingle(),
            TargetModules = [.. spec.GetProperty("target_modules").EnumerateArray().Select(target => target.GetString()!)],
        });
        Adapters.Load(model, adapter);
        return model;
    }

    private static Optimizer OptimizerOf(JsonElement spec, LlamaForCausalLM model)
    {
        if (spec.GetProperty("optimizer").GetString() == "sgd")
        {
            return new Sgd(model.TrainableParameters);
        }

        double[] betas = spec.Doubles("betas");
        return new AdamW(
            model.TrainableParameters,
            beta1: (float)betas[0],
            beta2: (float)betas[1],
            epsilon: spec.GetProperty("eps").GetSingle(),
            weightDecay: spec.GetProperty("weight_decay").GetSingle());
    }

    private static void CheckMoments(LlamaForCausalLM model, Optimizer optimizer, Dictionary<string, (int[] Shape, double[] Values)> expected)
    {
        Dictionary<string, Tensor> state = optimizer.State.ToDictionary(part => part.Name, part => part.Value);
        foreach (string moment in (string[])["exp_avg", "exp_avg_sq"])
        {
            Distance(model.TrainableParameters.Select(parameter =>
                (Adapters.ToPeft(state[$"{parameter.Name}.{moment}"]), expected[$"{Adapters.PeftName(parameter)}.{moment}"].Values)))
                .ShouldBeLessThanOrEqualTo(1e-3, moment);
        }
    }

    private static double Distance(IEnumerable<(double[] Actual, double[] Expected)> tensors)
    {
        (double[] Actual, double[] Expected)[] all = [.. tensors];
        return Numbers.RelativeDistance([.. all.SelectMany(pair => pair.Actual)], [.. all.SelectMany(pair => pair.Expected)]);
    }
}
