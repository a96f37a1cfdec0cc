namespace Lora.Cli.Tests;

/// <summary><c>lora finetune</c>, stopped and gone on with.</summary>
public sealed class ResumeTests : ToolTests
{
    [Fact]
    public void A_training_that_is_stopped_goes_on_with_the_same_bits()
    {
        string[] training = Training("--schedule", "cosine", "--warmup", "2", "--clip", "0.5", "--dora", "--dropout", "0.2", "--accumulate", "2", "--steps", "12");
        Tool.Succeed([.. training, "--log", PathOf("straight.jsonl"), "--out", PathOf("straight")]);

        using var stop = new CancellationTokenSource();
        string log = PathOf("log.jsonl");
        ToolResult stopped = Tool.Run(
            [.. training, "--log", log, "--out", PathOf("out")],
            stop.Token,
            line =>
            {
                if (line.StartsWith("step      5/12", StringComparison.Ordinal))
                {
                    stop.Cancel();
                }
            });
        stopped.Code.ShouldBe(LoraTool.Interrupted);
        stopped.Output.ShouldContain($"To go on: lora finetune --resume {PathOf("out")}");
        File.Exists(PathOf("out/adapter_config.json")).ShouldBeFalse();
        Directory.GetDirectories(PathOf("out")).Select(Path.GetFileName).ShouldBe(["checkpoint-5"]);

        Tool.Succeed("finetune", "--resume", PathOf("out")).ShouldContain("12 steps, of which 5 are done");
        NumbersOf(log).ShouldBe(NumbersOf(PathOf("straight.jsonl")));
        AreSameFiles(PathOf("out/adapter_model.safetensors"), PathOf("straight/adapter_model.safetensors")).ShouldBeTrue();
    }

    [Fact]
    public void A_training_may_be_made_longer_but_not_other_than_it_was()
    {
        string[] training = Training("--checkpoint-every", "4");
        Tool.Succeed([.. training, "--steps", "10", "--out", PathOf("straight"), "--log", PathOf("straight.jsonl")]);
        Tool.Succeed([.. training, "--steps", "6", "--out", PathOf("out"), "--log", PathOf("log.jsonl")]);
        Directory.GetDirectories(PathOf("out")).Select(Path.GetFileName).ShouldBe(["checkpoint-6"]);
        Tool.Fail("finetune", "--resume", PathOf("out"), "--lr", "0.5").ShouldContain("LearningRate was 0.01 and is 0.5");
        Tool.Succeed("finetune", "--resume", PathOf("out/checkpoint-6"), "--steps", "10");
        NumbersOf(PathOf("log.jsonl")).ShouldBe(NumbersOf(PathOf("straight.jsonl")));
        AreSameFiles(PathOf("out/adapter_model.safetensors"), PathOf("straight/adapter_model.safetensors")).ShouldBeTrue();
        Directory.GetDirectories(PathOf("out")).Select(Path.GetFileName).ShouldBe(["checkpoint-10"]);
        Tool.Fail("finetune", "--resume", PathOf("model")).ShouldContain("There is no checkpoint in");
    }

    /// <summary>Ctrl-C while the loss before the first step is measured.</summary>
    [Fact]
    public void A_training_that_is_stopped_before_its_first_step_goes_on_too()
    {
        using var stop = new CancellationTokenSource();
        string data = WriteRows("eval.jsonl", [[1, 2, 3]]);
        string[] training = Training("--eval", data, "--steps", "4", "--log", PathOf("log.jsonl"));
        ToolResult stopped = Tool.Run(
            [.. training, "--out", PathOf("out")],
            stop.Token,
            line =>
            {
                if (line.Contains("tokens to predict", StringComparison.Ordinal))
                {
                    stop.Cancel();
                }
            });
        stopped.Code.ShouldBe(LoraTool.Interrupted);
        stopped.Output.ShouldContain("Stopped after step 0 of 4. To go on: lora finetune --resume");
        Tool.Succeed("finetune", "--resume", PathOf("out")).ShouldContain("held-out loss after: ");
        string[] numbers = NumbersOf(PathOf("log.jsonl"));
        Tool.Succeed([.. training, "--out", PathOf("straight")]);
        NumbersOf(PathOf("log.jsonl")).ShouldBe(numbers);
    }

    [Theory]
    [InlineData("adapter_model.safetensors")]
    [InlineData("adapter_config.json")]
    [InlineData("optimizer.safetensors")]
    [InlineData("trainer_state.json")]
    [InlineData("arguments.json")]
    public void A_damaged_checkpoint_is_one_line_and_stays_as_it_is(string name)
    {
        Tool.Succeed(Training("--steps", "2", "--checkpoint-every", "1", "--log", PathOf("log.jsonl"), "--out", PathOf("out")));
        string file = PathOf($"out/checkpoint-2/{name}");
        byte[] whole = File.ReadAllBytes(file);
        byte[] flipped = [.. whole];
        flipped[^3] ^= 4;
        foreach (byte[] damaged in (byte[][])[whole[..^4], flipped, []])
        {
            File.WriteAllBytes(file, damaged);
            string[] before = Contents();
            Tool.Fail("finetune", "--resume", PathOf("out"), "--steps", "4").ShouldContain(name);
            Contents().ShouldBe(before);
        }

        File.Delete(file);
        Tool.Fail("finetune", "--resume", PathOf("out/checkpoint-2"), "--steps", "4").ShouldNotBeEmpty();
        File.WriteAllBytes(file, whole);
        Tool.Succeed("finetune", "--resume", PathOf("out"), "--steps", "4");

        string[] Contents() => [.. Directory.GetFiles(PathOf("out"), "*", SearchOption.AllDirectories).Append(PathOf("log.jsonl")).Order(StringComparer.Ordinal)
            .Select(path => $"{path} {Convert.ToHexString(File.ReadAllBytes(path))}")];
    }

    [Fact]
    public void Another_model_data_or_adapter_is_one_line()
    {
        Tool.Succeed(Training("--steps", "2", "--checkpoint-every", "1", "--out", PathOf("out")));
        string[] resume = ["finetune", "--resume", PathOf("out"), "--steps", "4"];
        Tool.Fail([.. resume, "--data", WriteRows("other.jsonl", [[1, 2, 3, 4]])]).ShouldContain("the rows are others");
        Tool.Fail([.. resume, "--weights", "bfloat16"]).ShouldContain("the model has other weights");
        Tool.Fail([.. resume, "--seed", "7", "--batch", "3"]).ShouldContain("Batch was 2 and is 3; Seed was 42 and is 7");
        Tool.Fail([.. resume, "--model", TinyModel.Make(PathOf("larger"), TinyModel.Vocabulary + 2)]).ShouldContain("the model has other weights");
        foreach (string[] adapter in (string[][])[["--rank", "8"], ["--targets", "all-linear"], ["--dora"], ["--init", PathOf("out")]])
        {
            Tool.Fail([.. resume, .. adapter]).ShouldContain($"{adapter[0]} cannot be changed: a training goes on with the adapter of its checkpoint");
        }

        Tool.Succeed([.. resume, "--rank", "4"]);
        Directory.GetDirectories(PathOf("out")).Select(Path.GetFileName).ShouldBe(["checkpoint-4"]);
    }
}
