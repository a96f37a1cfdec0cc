namespace Lora.Cli.Tests;

public sealed class GenerateTests : ToolTests
{
    [Fact]
    public void A_real_Llama_tells_its_story()
    {
        string output = Tool.Succeed("generate", "--model", Reference.PathOf("stories260K/hf"), "--prompt", "Once upon a time", "--temperature", "0", "--max-tokens", "40");
        output.ShouldStartWith("Once upon a time, there was a little girl named Lily.");
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

    [Fact]
    public void What_is_wrong_is_said_in_one_line()
    {
        string model = TinyModel.Make(PathOf("model"));
        Tool.Fail("generate", "--model", model).ShouldContain("--prompt");
        Tool.Fail("generate", "--model", model, "--prompt", "the", "--top-p", "0").ShouldContain("TopP");
        Tool.Fail("generate", "--model", model, "--prompt", "the", "--chat").ShouldContain("chat format");
        Tool.Fail("generate", "--model", model, "--prompt", "the", "--adapter", PathOf("none")).ShouldContain("adapter_config.json");
    }
}
