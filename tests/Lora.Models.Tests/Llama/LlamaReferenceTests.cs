using System.Text.Json;

namespace Lora.Models.Tests;

/// <summary>A real Llama against the logits and texts that PyTorch gives.</summary>
public sealed class LlamaReferenceTests
{
    [Fact]
    public void Logits_at_the_last_position()
    {
        LlamaForCausalLM model = Models.Llama.Load(Reference.PathOf("stories260K/hf"));
        foreach (JsonElement sequence in Reference.Json("stories260K/forward_logits.json").GetProperty("sequences").EnumerateArray())
        {
            Tensor logits = model.Forward(sequence.Ints("ids"), batch: 1);
            Numbers.MaxDifference(logits.Span[^512..].ToDoubles(), sequence.Doubles("last_logits_f64")).ShouldBeLessThanOrEqualTo(1e-3);
        }
    }

    [Fact]
    public void Logits_at_every_position()
    {
        LlamaForCausalLM model = Models.Llama.Load(Reference.PathOf("stories260K/hf"));
        var expected = PlainSafetensors.Read(Reference.PathOf("stories260K/forward_all_logits.safetensors"));
        for (int sequence = 0; sequence < 3; sequence++)
        {
            int[] tokens = [.. expected[$"seq{sequence}.ids"].Values.Select(id => (int)id)];
            Tensor logits = model.Forward(tokens, batch: 1);
            logits.Shape.ToArray().ShouldBe([1, tokens.Length, 512]);
            Numbers.MaxDifference(logits.Span.ToDoubles(), expected[$"seq{sequence}.logits_f64"].Values).ShouldBeLessThanOrEqualTo(1e-3);
        }
    }

    [Fact]
    public void Greedy_continuations_of_prompts()
    {
        LlamaForCausalLM model = Models.Llama.Load(Reference.PathOf("stories260K/hf"));
        Tokenizer tokenizer = Tokenizer.Load(Reference.PathOf("stories260K/hf"));
        foreach (JsonElement sequence in Reference.Json("stories260K/forward_logits.json").GetProperty("sequences").EnumerateArray())
        {
            int[] prompt = tokenizer.Encode(sequence.GetProperty("prompt").GetString()!);
            prompt.ShouldBe(sequence.Ints("ids"));
            int[] expected = sequence.Ints("greedy_continuation");
            model.Generate(prompt, new GenerationOptions { MaxNewTokens = expected.Length }).ShouldBe(expected);
        }
    }

    [Fact]
    public void Greedy_story_of_256_tokens()
    {
        LlamaForCausalLM model = Models.Llama.Load(Reference.PathOf("stories260K/hf"));
        Tokenizer tokenizer = Tokenizer.Load(Reference.PathOf("stories260K/hf"));
        JsonElement expected = Reference.Json("stories260K/forward_logits.json").GetProperty("greedy_from_bos_256");
        int[] story = [.. model.Generate([tokenizer.BeginId!.Value], new GenerationOptions { MaxNewTokens = 256 })];
        story.ShouldBe(expected.Ints("ids"));
        tokenizer.Decode(story).ShouldBe(expected.GetProperty("text").GetString());
    }
}
