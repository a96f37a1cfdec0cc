using System.Globalization;
using System.Text.Json;

namespace Lora.Cli.Tests;

/// <summary><c>lora finetune</c> against PyTorch's training runs: the same start, the same rows.</summary>
public sealed class TraceTests : ToolTests
{
    [Theory]
    [InlineData("sgd_qv_r4")]
    [InlineData("adamw_qv_r4")]
    public void A_real_Llama_is_trained_as_by_PyTorch(string name)
    {
        string folder = Reference.PathOf($"traces/{name}");
        JsonElement trace = Reference.Json($"traces/{name}/trace.json");
        JsonElement spec = trace.GetProperty("spec");
        Directory.CreateDirectory(PathOf("init"));
        File.Copy(Path.Combine(folder, "init_adapter.safetensors"), PathOf("init/adapter_model.safetensors"));
        File.Copy(Path.Combine(folder, "final_adapter/adapter_config.json"), PathOf("init/adapter_config.json"));
        List<string> args =
        [
            "--model", Reference.PathOf("stories260K/hf"), "--init", PathOf("init"), "--optimizer", spec.GetProperty("optimizer").GetString()!,
            "--lr", spec.GetProperty("lr").GetRawText(), "--rank", "4", "--alpha", "8", "--targets", "q_proj,v_proj",
        ];
        if (spec.TryGetProperty("betas", out JsonElement betas))
        {
            args.AddRange(["--betas", string.Join(',', betas.EnumerateArray().Select(beta => beta.GetRawText())), "--eps", "1e-8", "--weight-decay", "0"]);
        }

        CheckRun(trace, args);

        // What was learned is in a PEFT folder, which evaluates as PyTorch's does.
        string data = PathOf("last.jsonl");
        WriteRows("last.jsonl", trace.GetProperty("batches").EnumerateArray().Last()[0].EnumerateArray().Select(row => row.Ints()));
        string last = Tool.Succeed("evaluate", "--model", Reference.PathOf("stories260K/hf"), "--adapter", PathOf("out"), "--data", data, "--json").Trim().Split('\n')[^1];
        using JsonDocument result = JsonDocument.Parse(last);
        double loss = trace.GetProperty("last_batch_loss_after_training_f64").GetDouble();
        result.RootElement.GetProperty("loss").GetDouble().ShouldBe(loss, 2e-5);
        result.RootElement.GetProperty("perplexity").GetDouble().ShouldBe(Math.Exp(loss), 1e-3);
        result.RootElement.GetProperty("tokens").GetInt32().ShouldBe(128);
    }

    /// <summary>All linear layers, rsLoRA, DoRA, LoRA+, each optimiser with weight decay and numbers of its own, momentum, clipping, accumulation, schedules with warm-up, and layers trained in full.</summary>
    [Theory]
    [InlineData("plain_all")]
    [InlineData("rslora_all")]
    [InlineData("dora_all")]
    [InlineData("dora_patterns")]
    [InlineData("dora_embedding")]
    [InlineData("bias_and_head")]
    [InlineData("loraplus")]
    [InlineData("cosine_clipped")]
    [InlineData("linear_sgd")]
    [InlineData("adam_l2")]
    [InlineData("linear_adamw")]
    public void Options_and_kinds_of_adapters_train_as_in_PyTorch(string name)
    {
        string folder = Golden.PathOf($"variants/{name}");
        JsonElement trace = Reference.ReadJson(Path.Combine(folder, "trace.json"));
        JsonElement spec = trace.GetProperty("spec");
        string Of(string setting) => spec.GetProperty(setting).ToString();
        List<string> args =
        [
            "--model", Golden.PathOf(Of("base")), "--init", folder, "--optimizer", Of("optimizer"), "--lr", Of("lr"), "--weight-decay", Of("weight_decay"),
            "--schedule", Of("schedule"), "--warmup", Of("warmup"), "--steps", Of("steps"), "--accumulate", Of("micro"), "--loraplus-lr-ratio", Of("loraplus"),
        ];
        if (spec.GetProperty("clip").ValueKind == JsonValueKind.Number)
        {
            args.AddRange(["--clip", Of("clip")]);
        }

        args.AddRange(Of("optimizer") == "sgd"
            ? ["--momentum", Of("momentum")]
            : ["--betas", string.Join(',', spec.GetProperty("betas").EnumerateArray().Select(beta => beta.GetRawText())), "--eps", spec.GetProperty("eps").GetRawText()]);

        CheckRun(trace, args);
        Dictionary<string, (int[] Shape, double[] Values)> expected = PlainSafetensors.Read(Path.Combine(folder, "final.safetensors"));
        Dictionary<string, (int[] Shape, double[] Values)> actual = PlainSafetensors.Read(PathOf("out/adapter_model.safetensors"));
        actual.Keys.Order().ShouldBe(expected.Keys.Order());
        string[] names = [.. expected.Keys];
        Numbers.RelativeDistance([.. names.SelectMany(tensor => actual[tensor].Values)], [.. names.SelectMany(tensor => expected[tensor].Values)]).ShouldBeLessThanOrEqualTo(1e-3);
    }

    private void CheckRun(JsonElement trace, List<string> args)
    {
        JsonElement batches = trace.GetProperty("batches");
        string data = WriteRows("rows.jsonl", batches.EnumerateArray().SelectMany(step => step.EnumerateArray()).SelectMany(micro => micro.EnumerateArray()).Select(row => row.Ints()));
        string batch = batches[0][0].GetArrayLength().ToString(CultureInfo.InvariantCulture);
        Tool.Succeed(["finetune", "--data", data, "--no-shuffle", "--batch", batch, "--log", PathOf("log.jsonl"), "--out", PathOf("out"), .. args]);
        JsonElement[] log = ReadLog(PathOf("log.jsonl"));
        double[] losses = trace.Doubles("loss_f64");
        double[] norms = trace.Doubles("grad_norm_f64");
        double[] rates = trace.Doubles("lr");
        log.Length.ShouldBe(losses.Length);
        for (int i = 0; i < log.Length; i++)
        {
            log[i].GetProperty("step").GetInt32().ShouldBe(i + 1);
            log[i].GetProperty("loss").GetDouble().ShouldBe(losses[i], 2e-5, $"loss of step {i + 1}");
            log[i].GetProperty("grad_norm").GetDouble().ShouldBe(norms[i], 2e-4 * norms[i], $"gradient norm of step {i + 1}");
            log[i].GetProperty("lr").GetDouble().ShouldBe(rates[i], 1e-7);
            log[i].GetProperty("tokens").GetInt32().ShouldBe(batches[i].EnumerateArray().Sum(micro => micro.EnumerateArray().Sum(row => row.GetArrayLength() - 1)));
            log[i].GetProperty("ms").GetDouble().ShouldBeGreaterThan(0);
        }
    }
}
