using System.Text.Json;

namespace Lora.Cli.Tests;

public sealed class MergeAndConvertTests : ToolTests
{
    [Fact]
    public void A_merged_model_judges_as_the_model_with_its_adapter()
    {
        string[] training = Training("--steps", "20", "--out", PathOf("adapter"));
        Tool.Succeed(training);
        Tool.Succeed("merge", "--model", PathOf("model"), "--adapter", PathOf("adapter"), "--out", PathOf("merged")).ShouldContain("The merged model is in");
        double merged = Loss("--model", PathOf("merged"));
        merged.ShouldBe(Loss("--model", PathOf("model"), "--adapter", PathOf("adapter")), 1e-5);
        Math.Abs(merged - Loss("--model", PathOf("model"))).ShouldBeGreaterThan(1e-3);
        Tool.Succeed("generate", "--model", PathOf("merged"), "--prompt", "the river", "--max-tokens", "3");
        Tool.Fail("merge", "--model", PathOf("model"), "--adapter", PathOf("adapter"), "--out", PathOf("merged")).ShouldContain("something in");
        Tool.Fail("merge", "--model", PathOf("none"), "--adapter", PathOf("adapter"), "--out", PathOf("other")).ShouldContain("There is no folder");
        Tool.Succeed("merge", "--model", PathOf("model"), "--adapter", PathOf("adapter"), "--out", PathOf("half"), "--type", "bfloat16");
        new FileInfo(PathOf("half/model.safetensors")).Length.ShouldBeLessThan(new FileInfo(PathOf("merged/model.safetensors")).Length * 6 / 10);
    }

    [Fact]
    public void An_adapter_goes_to_llama_cpps_format_and_back()
    {
        Tool.Succeed(Training("--steps", "3", "--out", PathOf("adapter")));
        Tool.Succeed("convert", "--adapter", PathOf("adapter"), "--out", PathOf("adapter.gguf")).ShouldContain("adapter.gguf");
        Tool.Succeed("convert", "--adapter", PathOf("adapter.gguf"), "--model", PathOf("model/config.json"), "--out", PathOf("back"));
        Loss("--model", PathOf("model"), "--adapter", PathOf("back")).ShouldBe(Loss("--model", PathOf("model"), "--adapter", PathOf("adapter")), 1e-6);
        Tool.Succeed("convert", "--adapter", PathOf("adapter"), "--out", PathOf("new/folder/adapter.gguf"));
        AreSameFiles(PathOf("new/folder/adapter.gguf"), PathOf("adapter.gguf")).ShouldBeTrue();
        Tool.Fail("convert", "--adapter", Write("junk.gguf", "junk"), "--model", PathOf("model"), "--out", PathOf("junk")).ShouldContain("does not begin as a GGUF file");
        Directory.Exists(PathOf("junk")).ShouldBeFalse();
        Tool.Fail("convert", "--adapter", PathOf("adapter.gguf"), "--out", PathOf("other")).ShouldContain("--model is missing");
        Tool.Fail("convert", "--adapter", PathOf("adapter"), "--out", PathOf("other")).ShouldContain("the other a folder");
        Tool.Fail("convert", "--adapter", PathOf("none"), "--out", PathOf("other.gguf")).ShouldContain("There is no adapter in");
        Tool.Fail("convert", "--adapter", Golden.PathOf("variants/dora_all"), "--model", Golden.PathOf("tied"), "--out", PathOf("dora.gguf")).ShouldContain("magnitude");
        File.Exists(PathOf("dora.gguf")).ShouldBeFalse();
    }

    private double Loss(params string[] args)
    {
        using JsonDocument result = JsonDocument.Parse(Tool.Succeed(["evaluate", "--data", PathOf("rows.jsonl"), .. args, "--json"]).Trim().Split('\n')[^1]);
        return result.RootElement.GetProperty("loss").GetDouble();
    }
}
