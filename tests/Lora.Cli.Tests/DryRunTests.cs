namespace Lora.Cli.Tests;

/// <summary>What <c>lora finetune --dry-run</c> says before a training.</summary>
public sealed class DryRunTests : ToolTests
{
    [Fact]
    public void A_dry_run_says_memory_and_time_and_writes_nothing()
    {
        string output = Tool.Succeed([.. Training("--steps", "100000"), "--out", PathOf("out"), "--log", PathOf("log.jsonl"), "--plot", PathOf("curve.svg"), "--dry-run"]);
        output.ShouldContain("activations");
        output.ShouldContain("for 100,000 steps");
        Directory.Exists(PathOf("out")).ShouldBeFalse();
        File.Exists(PathOf("log.jsonl")).ShouldBeFalse();
        File.Exists(PathOf("curve.svg")).ShouldBeFalse();
    }

    [Theory]
    [InlineData("--optimizer", "adamw")]
    [InlineData("--optimizer", "sgd")]
    [InlineData("--weights", "bfloat16", "--dora")]
    public void The_memory_that_a_dry_run_says_is_what_the_training_holds_in_the_end(params string[] options)
    {
        // Rows of one length, so that each batch is the largest.
        string model = TinyModel.Make(PathOf("model"));
        string data = WriteRows("rows.jsonl", Enumerable.Range(0, 8).Select(row => Enumerable.Range(0, 12).Select(i => (row * 31) + (i * 17) + 3)));
        string[] training = ["finetune", "--model", model, "--data", data, "--batch", "4", "--steps", "4", .. options, "--out", PathOf("out")];
        string told = Tool.Succeed([.. training, "--dry-run"]);
        string held = Tool.Succeed(training).Split('\n').Single(line => line.StartsWith("memory: ", StringComparison.Ordinal));
        foreach (string part in (string[])["weights", "adapters", "gradients", "optimizer", "activations", "scratch"])
        {
            held.ShouldContain($"{part} {told.Split('\n').Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Single(words => words is [var name, _] && name == part)[1]} ");
        }
    }

    /// <summary>The weights are taken away: what is said of memory is the same without them.</summary>
    [Theory]
    [InlineData("--targets", "all-linear")]
    [InlineData("--dora", "--dropout", "0.1")]
    [InlineData("--weights", "bfloat16")]
    [InlineData("--optimizer", "sgd", "--momentum", "0.9")]
    [InlineData("--init", "adapter")]
    [InlineData("--resume", "adapter")]
    public void Memory_is_a_matter_of_shapes_alone(params string[] options)
    {
        if (options is [_, "adapter"])
        {
            Tool.Succeed(Training("--steps", "3", "--targets", "k_proj,up_proj", "--checkpoint-every", "1", "--out", PathOf("adapter")));
            options[1] = PathOf("adapter");
        }

        string[] training = Training("--steps", "5", "--out", PathOf("out"), "--dry-run");
        training = options[0] == "--resume" ? ["finetune", .. options, "--steps", "5", "--dry-run"] : options[0] == "--init" ? [.. training.Except(["--rank", "4"]), .. options] : [.. training, .. options];
        string[] told = Tool.Succeed(training).Split('\n');
        File.Delete(PathOf("model/model.safetensors"));
        string[] toldByShapes = Tool.Succeed(training).Split('\n');
        string[] memory = [.. told.TakeWhile(line => !line.StartsWith("time: ", StringComparison.Ordinal) && !line.StartsWith("The weights in", StringComparison.Ordinal))];
        memory.ShouldContain(line => line.Contains("activations", StringComparison.Ordinal));
        toldByShapes[..memory.Length].ShouldBe(memory);
        told.ShouldContain(line => line.Contains("tokens/s", StringComparison.Ordinal));
        toldByShapes[memory.Length].ShouldStartWith("time: not measured. ");
        toldByShapes[memory.Length].ShouldContain("model.safetensors");
        Directory.Exists(PathOf("out")).ShouldBeFalse();
    }

    [Fact]
    public void What_does_not_fit_into_the_machine_is_not_tried()
    {
        string model = TinyModel.Make(PathOf("model"));
        File.WriteAllText(Path.Combine(model, "config.json"), """
            {"model_type": "llama", "vocab_size": 100000, "hidden_size": 16384, "intermediate_size": 40000, "num_hidden_layers": 400, "num_attention_heads": 128,
             "max_position_embeddings": 64}
            """);
        string data = WriteRows("rows.jsonl", [[1, 2, 3]]);
        long before = GC.GetTotalAllocatedBytes();
        string output = Tool.Succeed("finetune", "--model", model, "--data", data, "--targets", "all-linear", "--optimizer", "sgd", "--out", PathOf("out"), "--dry-run");
        (GC.GetTotalAllocatedBytes() - before).ShouldBeLessThan(200_000_000);
        output.ShouldMatch(@"time: not measured, since there are [\d,.]+ GiB here and [\d,]+\.\d\d are needed");
        output.ShouldContain("a step, GiB");
    }

    [Theory]
    [InlineData(0, "0:00")]
    [InlineData(59_999, "0:59")]
    [InlineData(3_599_000, "59:59")]
    [InlineData(30 * 3_600_000.0, "30:00:00")]
    [InlineData(1e15, "277,777,777:46:40")]
    public void Durations_count_their_hours_beyond_a_day(double milliseconds, string expected) => TrainingDisplay.Duration(milliseconds).ShouldBe(expected);
}
