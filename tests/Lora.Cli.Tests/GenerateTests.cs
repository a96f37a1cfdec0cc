using System.Text.Json;
using System.Text.Json.Nodes;

namespace Lora.Cli.Tests;

public sealed class GenerateTests : ToolTests
{
    [Fact]
    public void A_real_Llama_tells_its_story()
    {
        string output = Tool.Succeed("generate", "--model", Reference.PathOf("stories260K/hf"), "--prompt", "Once upon a time", "--temperature", "0", "--max-tokens", "40");
        output.ShouldStartWith("Once upon a time, there was a little girl named Lily.");
    }

    [Theory]
    [InlineData("float32")]
    [InlineData("bfloat16")]
    public void Weights_may_lie_in_half_the_memory(string weights)
    {
        string model = TinyModel.Make(PathOf("model"));
        Tool.Succeed("generate", "--model", model, "--prompt", "the river", "--max-tokens", "5", "--weights", weights).ShouldStartWith("the river");
        string data = Write("text.txt", "the river and the boats and the mill by the river");
        string output = Tool.Succeed("evaluate", "--model", model, "--data", data, "--weights", weights, "--json");
        output.Contains("differ from those of the folder by", StringComparison.Ordinal).ShouldBe(weights == "bfloat16");
        double Loss(string text) => JsonDocument.Parse(text.Trim().Split('\n')[^1]).RootElement.GetProperty("loss").GetDouble();
        double exact = Loss(Tool.Succeed("evaluate", "--model", model, "--data", data, "--json"));
        Math.Abs(Loss(output) - exact).ShouldBeInRange(weights == "bfloat16" ? 1e-9 : 0, weights == "bfloat16" ? 0.02 : 0);
    }

    [Fact]
    public void Draws_depend_on_the_seed_and_a_small_nucleus_is_the_most_likely_token()
    {
        string model = TinyModel.Make(PathOf("model"));
        string Generate(params string[] more) => Tool.Succeed(["generate", "--model", model, "--prompt", "the river", "--max-tokens", "12", .. more]);
        string first = Generate("--seed", "1", "--temperature", "2");
        first.ShouldStartWith("the river");
        Generate("--seed", "1", "--temperature", "2").ShouldBe(first);
        Generate("--seed", "2", "--temperature", "2").ShouldNotBe(first);
        string greedy = Generate("--temperature", "0");
        Generate("--temperature", "2", "--top-p", "1e-6").ShouldBe(greedy);
        Generate("--temperature", "2", "--top-k", "1").ShouldBe(greedy);
    }

    /// <summary>The answer ends where the chat format ends it, whatever the model's configuration calls the end of a text.</summary>
    [Fact]
    public void An_answer_ends_with_the_token_of_the_chat_format()
    {
        string model = TinyModel.Make(PathOf("model"), TinyModel.Vocabulary + 2);
        JsonNode tokenizer = JsonNode.Parse(File.ReadAllText(Path.Combine(model, "tokenizer.json")))!;
        foreach ((int more, string content) in ((int, string)[])[(0, "<|im_start|>"), (1, "<|im_end|>")])
        {
            tokenizer["added_tokens"]!.AsArray().Add(new JsonObject { ["id"] = TinyModel.Vocabulary + more, ["content"] = content, ["special"] = true });
        }

        File.WriteAllText(Path.Combine(model, "tokenizer.json"), tokenizer.ToJsonString());
        string data = Write("rows.jsonl", string.Concat(Enumerable.Repeat("{\"messages\": [{\"role\": \"user\", \"content\": \"the\"}, {\"role\": \"assistant\", \"content\": \"mill\"}]}\n", 4)));
        Tool.Succeed("finetune", "--model", model, "--data", data, "--targets", "all-linear", "--rank", "8", "--lr", "0.01", "--steps", "200", "--batch", "4", "--out", PathOf("out"));
        string output = Tool.Succeed("generate", "--model", model, "--adapter", PathOf("out"), "--prompt", "the", "--chat", "--temperature", "0", "--max-tokens", "20");
        output.Trim().ShouldBe("mill");
    }

    [Fact]
    public void What_is_wrong_is_said_in_one_line()
    {
        string model = TinyModel.Make(PathOf("model"));
        Tool.Fail("generate", "--model", model).ShouldContain("--prompt");
        ToolResult wrong = Tool.Run(["generate", "--model", model, "--prompt", "the", "--top-p", "0"], TestContext.Current.CancellationToken);
        wrong.Error.ShouldContain("TopP");
        wrong.Output.ShouldBeEmpty();
        Tool.Fail("generate", "--model", model, "--prompt", "the", "--system", "Be brief.").ShouldContain("--system goes with --chat");
        Tool.Succeed("generate", "--model", model, "--prompt", "", "--max-tokens", "3");
        Tool.Fail("generate", "--model", model, "--prompt", "the", "--chat").ShouldContain("chat format");
        Tool.Fail("generate", "--model", model, "--prompt", string.Concat(Enumerable.Repeat("the river ", 80))).ShouldContain("the model takes 64 at most");
        Tool.Fail("generate", "--model", model, "--prompt", "the", "--adapter", PathOf("none")).ShouldContain("adapter_config.json");
    }
}
