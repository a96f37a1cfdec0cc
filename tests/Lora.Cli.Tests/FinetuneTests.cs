using System.Text.Json;

namespace Lora.Cli.Tests;

/// <summary>What <c>lora finetune</c> does beside the numbers of a step.</summary>
public sealed class FinetuneTests : ToolTests
{
    private const string Text = "the river and the boats and the mill by the river and the boats\n";

    [Fact]
    public void A_text_becomes_an_adapter_that_lowers_the_held_out_loss()
    {
        string model = TinyModel.Make(PathOf("model"));
        string data = Write("text.txt", string.Concat(Enumerable.Repeat(Text, 40)));
        string eval = Write("eval.txt", Text + Text);
        string output = Tool.Succeed(
            "finetune", "--model", model, "--data", data, "--eval", eval, "--rank", "4", "--targets", "all-linear", "--lr", "0.02", "--steps", "60", "--seq", "16", "--batch", "4",
            "--log", PathOf("log.jsonl"), "--out", PathOf("out"));
        output.ShouldContain("trainable params: ");
        output.ShouldContain("held-out loss before: ");
        output.ShouldNotContain('\u001b');
        JsonElement[] log = ReadLog(PathOf("log.jsonl"));
        log.Length.ShouldBe(60);
        JsonElement[] measured = [.. log.Where(step => step.TryGetProperty("eval_loss", out _))];
        measured.Length.ShouldBe(10);
        double before = Loss("evaluate", "--model", model, "--data", eval, "--seq", "16", "--json");
        double after = Loss("evaluate", "--model", model, "--adapter", PathOf("out"), "--data", eval, "--seq", "16", "--json");
        measured[^1].GetProperty("eval_loss").GetDouble().ShouldBe(after, 1e-6);
        after.ShouldBeLessThan(before - 1);
        Directory.GetFiles(PathOf("out")).Select(Path.GetFileName).Order().ShouldBe(["adapter_config.json", "adapter_model.safetensors"]);
        JsonElement config = Reference.ReadJson(PathOf("out/adapter_config.json"));
        config.GetProperty("base_model_name_or_path").GetString().ShouldBe(model);
        config.GetProperty("task_type").GetString().ShouldBe("CAUSAL_LM");
        config.GetProperty("r").GetInt32().ShouldBe(4);
        config.GetProperty("lora_alpha").GetInt32().ShouldBe(8);
        config.GetProperty("target_modules").EnumerateArray().Select(name => name.GetString()).ShouldBe(["down_proj", "gate_proj", "k_proj", "o_proj", "q_proj", "up_proj", "v_proj"]);
    }

    [Fact]
    public void Prompts_and_conversations_are_learned_too()
    {
        string model = TinyModel.Make(PathOf("model"));
        string data = Write(
            "rows.jsonl",
            """
            {"prompt": "the river", "completion": " and the mill"}
            {"messages": [{"role": "user", "content": "the river"}, {"role": "assistant", "content": "the boats"}]}
            {"text": "the boats by the river"}
            """);
        string output = Tool.Succeed("finetune", "--model", model, "--data", data, "--epochs", "2", "--batch", "2", "--out", PathOf("out"), "--rslora", "--dropout", "0.1");
        output.ShouldContain("4 steps");
        output.ShouldContain("messages are written as ChatML");
        JsonElement config = Reference.ReadJson(PathOf("out/adapter_config.json"));
        config.GetProperty("use_rslora").GetBoolean().ShouldBeTrue();
        config.GetProperty("lora_dropout").GetDouble().ShouldBe(0.1, 1e-6);
    }

    [Fact]
    public void Weights_in_bfloat16_train_as_well_and_say_what_rounding_cost()
    {
        string model = TinyModel.Make(PathOf("model"));
        string data = Write("text.txt", string.Concat(Enumerable.Repeat(Text, 40)));
        double[] losses = [Train("float32"), Train("bfloat16")];
        losses[1].ShouldNotBe(losses[0]);
        losses[1].ShouldBe(losses[0], 0.05);

        double Train(string weights)
        {
            string log = PathOf(weights + ".jsonl");
            string output = Tool.Succeed(
                "finetune", "--model", model, "--data", data, "--lr", "0.02", "--steps", "20", "--seq", "16", "--batch", "4", "--weights", weights, "--log", log, "--out", PathOf(weights));
            output.Contains("differ from those of the folder by", StringComparison.Ordinal).ShouldBe(weights == "bfloat16");
            return ReadLog(log)[^1].GetProperty("loss").GetDouble();
        }
    }

    /// <summary>Every file of a training is tried before it begins, and nothing of what was made for the trial is left.</summary>
    [Theory]
    [InlineData("--log", "folder")]
    [InlineData("--log", "file/log.jsonl")]
    [InlineData("--log", "new/file/")]
    [InlineData("--plot", "folder.svg")]
    [InlineData("--plot", "file/curve.svg")]
    [InlineData("--out", "file")]
    [InlineData("--out", "file/out")]
    public void What_cannot_be_written_is_refused_and_nothing_is_left(string option, string path)
    {
        Directory.CreateDirectory(PathOf("folder"));
        Directory.CreateDirectory(PathOf("folder.svg"));
        Write("file", "");
        string[] training = Training("--steps", "2", "--log", PathOf("a/b/log.jsonl"), "--plot", PathOf("c/curve.svg"), "--out", PathOf("d/out"));
        string[] before = Directory.GetFileSystemEntries(PathOf(""), "*", SearchOption.AllDirectories);
        int at = Array.IndexOf(training, option) + 1;
        training[at] = PathOf(path);
        Tool.Fail(training).ShouldContain(path.TrimEnd('/').Split('/')[0]);
        Directory.GetFileSystemEntries(PathOf(""), "*", SearchOption.AllDirectories).ShouldBe(before, ignoreOrder: true);
    }

    [Fact]
    public void What_is_read_is_not_written_over()
    {
        string[] training = Training("--steps", "2", "--out", PathOf("out"));
        string other = Write("eval.jsonl", File.ReadAllText(PathOf("rows.jsonl")));
        Tool.Fail([.. training, "--log", PathOf("model/../rows.jsonl")]).ShouldContain("--log would write over what --data reads");
        Tool.Fail([.. training, "--eval", other, "--log", other]).ShouldContain("--log would write over what --eval reads");
        AreSameFiles(PathOf("rows.jsonl"), other).ShouldBeTrue();
        Directory.Exists(PathOf("out")).ShouldBeFalse();
    }

    [Fact]
    public void What_is_wrong_is_said_in_one_line()
    {
        string model = TinyModel.Make(PathOf("model"));
        string data = WriteRows("rows.jsonl", [[1, 2, 3]]);
        string[] other = ["--model", model, "--out", PathOf("out")];
        string[] right = [.. other, "--data", data];
        Tool.Fail("finetune").ShouldContain("--model is missing");
        Tool.Fail("finetune", "--model", model, "--data", data, "--out", "").ShouldBe("lora: --out is empty.");
        Tool.Fail(["finetune", .. right, "--log", ""]).ShouldBe("lora: --log is empty.");
        Tool.Fail("inspect", "").ShouldBe("lora: PATH is empty.");
        Tool.Fail(["finetune", .. right, "--optimizer", "sgd", "--betas", "0.9,0.99"]).ShouldContain("--betas would have no effect: sgd has none");
        Tool.Fail(["finetune", .. right, "--optimizer", "sgd", "--eps", "1e-6"]).ShouldContain("--eps would have no effect");
        Tool.Fail(["finetune", .. right, "--momentum", "0.9"]).ShouldContain("--momentum would have no effect: --optimizer sgd alone has it");
        Tool.Fail(["finetune", .. right, "--eval-every", "5"]).ShouldContain("--eval-every would have no effect: --eval is missing");
        Tool.Fail("finetune", "--model", model, "--out", PathOf("out")).ShouldContain("--data is missing");
        Tool.Fail("finetune", "--model", PathOf("none"), "--data", data, "--out", PathOf("out")).ShouldContain("There is no folder");
        Tool.Fail("finetune", "--model", model, "--data", PathOf("none.txt"), "--out", PathOf("out")).ShouldContain("none.txt");
        Tool.Fail(["finetune", .. right, "--targets", "w_proj"]).ShouldContain("The target 'w_proj' matches no layer");
        Tool.Fail(["finetune", .. right, "--targets", "regex:("]).ShouldContain("no regular expression");
        Tool.Fail(["finetune", .. right, "--rank", "0"]).ShouldContain("--rank is 0; it must be at least 1");
        Tool.Fail(["finetune", .. right, "--rank", "99"]).ShouldContain("99");
        Tool.Fail(["finetune", .. right, "--optimizer", "adagrad"]).ShouldContain("adagrad");
        Tool.Fail(["finetune", .. right, "--betas", "0.9"]).ShouldContain("--betas is 0.9");
        Tool.Fail(["finetune", .. right, "--lr", "-1"]).ShouldContain("-1");
        Tool.Fail(["finetune", .. right, "--steps", "1", "--epochs", "1"]).ShouldContain("give one of them");
        Tool.Fail(["finetune", .. right, "--init", PathOf("none")]).ShouldContain("adapter_config.json");
        Tool.Fail(["finetune", .. right, "--warp", "9"]).ShouldContain("There is no command or option '--warp'");
        Tool.Fail(["finetune", .. right, "--lr", "fast"]).ShouldContain("--lr is fast, which is no number.");
        Tool.Fail(["finetune", .. right, "--lr", "NaN"]).ShouldContain("NaN");
        Tool.Fail(["finetune", .. right, "--betas", "0.9,2"]).ShouldEndWith("beta2 is 2; it must be at least 0 and less than 1.");
        Tool.Fail(["finetune", .. right, "--optimizer", "lion"]).ShouldContain("--optimizer is lion; it must be adamw, adam or sgd.");
        Tool.Fail(["finetune", .. right, "--threads", "1000"]).ShouldContain("--threads is 1000; it must be from 1 to 256.");
        Tool.Fail(["finetune", .. right, "--seq", "1000"]).ShouldContain("the model takes 1 to 64");
        Tool.Fail(["finetune", .. other, "--data", WriteRows("long.jsonl", [Enumerable.Repeat(3, 70)])]).ShouldContain("the model takes 65 at most");
        Tool.Fail(["finetune", .. other, "--data", Write("empty.txt", "")]).ShouldContain("has nothing to predict");
        File.WriteAllBytes(PathOf("bytes.txt"), [0x61, 0xFF, 0xFE, 0x62]);
        Tool.Fail(["finetune", .. other, "--data", PathOf("bytes.txt")]).ShouldContain("is no text in UTF-8");
        File.WriteAllBytes(PathOf("bytes.jsonl"), [.. "{\"text\": \"a"u8, 0xFF, .. "\"}\n"u8]);
        Tool.Fail(["finetune", .. other, "--data", PathOf("bytes.jsonl")]).ShouldContain("is no text in UTF-8");
        Tool.Fail("finetune", "--model", model, "--data", data, "--out", data).ShouldContain("rows.jsonl");
        Tool.Fail(["finetune", .. right, "--init", Golden.PathOf("tied/adapter")]).ShouldContain("more of the kind");
        Directory.Exists(PathOf("out")).ShouldBeFalse();
        Directory.CreateDirectory(PathOf("adapter"));
        Write("adapter/adapter_config.json", "[]");
        Tool.Fail(["finetune", .. right, "--init", PathOf("adapter")]).ShouldEndWith("adapter_config.json: it is not a JSON object.");
        Tool.Succeed(["finetune", .. right]);
        Tool.Fail(["finetune", .. right, "--init", PathOf("out"), "--rank", "4", "--targets", "k_proj"]).ShouldContain("r is 8, and --rank 4; it adapts other layers than --targets says");
    }

    private static double Loss(params string[] args)
    {
        using JsonDocument result = JsonDocument.Parse(Tool.Succeed(args).Trim().Split('\n')[^1]);
        return result.RootElement.GetProperty("loss").GetDouble();
    }
}
