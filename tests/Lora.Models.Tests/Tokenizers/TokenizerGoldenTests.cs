using System.Text.Json;

namespace Lora.Models.Tests;

/// <summary>Small tokenizers of every kind against those of Hugging Face and SentencePiece themselves.</summary>
public sealed class TokenizerGoldenTests
{
    [Theory]
    [InlineData("gpt2")]
    [InlineData("roberta")]
    [InlineData("llama3")]
    [InlineData("qwen2")]
    [InlineData("smollm")]
    [InlineData("llama2")]
    [InlineData("mistral")]
    [InlineData("bert-uncased")]
    [InlineData("bert-cased")]
    [InlineData("sentencepiece-bpe")]
    public void Tokens_and_texts_are_the_originals(string name)
    {
        Tokenizer tokenizer = Load(name);
        var faults = new List<string>();
        foreach (JsonElement vector in Reference.ReadJson(Path.Combine(PathOf(name), "vectors.json")).EnumerateArray())
        {
            string text = vector.GetProperty("text").GetString()!;
            if (text.Contains('\u2581', StringComparison.Ordinal) || (name.StartsWith("bert", StringComparison.Ordinal) && text.Contains("\U00020BB7", StringComparison.Ordinal)))
            {
                // The originals would take the mark for a space; here it comes back. The vectors' tokenizer knows no Chinese characters beyond U+FFFF.
                continue;
            }

            int[] expected = vector.Ints("ids");
            int[] actual = tokenizer.Encode(text, parseSpecialTokens: !name.StartsWith("sentencepiece", StringComparison.Ordinal));
            if (!actual.SequenceEqual(expected))
            {
                faults.Add($"{JsonSerializer.Serialize(text)}: {string.Join(' ', actual)} and not {string.Join(' ', expected)}");
            }

            string decoded = tokenizer.Decode(expected);
            if (decoded != vector.GetProperty("decoded").GetString())
            {
                faults.Add($"{JsonSerializer.Serialize(text)} decoded: {JsonSerializer.Serialize(decoded)} and not {vector.GetProperty("decoded").GetRawText()}");
            }
        }

        faults.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("gpt2")]
    [InlineData("roberta")]
    [InlineData("llama3")]
    [InlineData("smollm")]
    [InlineData("llama2")]
    [InlineData("mistral")]
    public void Every_text_comes_back(string name)
    {
        Tokenizer tokenizer = Load(name);
        foreach (JsonElement element in Reference.ReadJson(Golden.PathOf(Path.Combine("tokenizers", "texts.json"))).EnumerateArray())
        {
            string text = element.GetString()!;
            string decoded = tokenizer.Decode(tokenizer.Encode(text));

            // Where no space is put in front of one that is there, the first is lost.
            decoded.ShouldBe(name == "mistral" && text is [' ', ..] ? text[1..] : text);
        }
    }

    [Fact]
    public void Two_texts_are_told_apart()
    {
        Tokenizer bert = Load("bert-uncased");
        (int[] tokens, int[] types) = bert.EncodePair("the river", "boats");
        tokens.ShouldBe([2, .. bert.Encode("the river", addSpecialTokens: false), 3, .. bert.Encode("boats", addSpecialTokens: false), 3]);
        types.ShouldBe([0, 0, 0, 0, 1, 1]);
        Tokenizer roberta = Load("roberta");
        (tokens, types) = roberta.EncodePair("a", "b");
        int end = roberta.EndId!.Value;
        tokens.ShouldBe([roberta.BeginId!.Value, roberta.IdOf("a")!.Value, end, end, roberta.IdOf("b")!.Value, end]);
        types.ShouldAllBe(type => type == 0);
    }

    [Fact]
    public void Names_of_special_tokens_are_the_folders()
    {
        Load("bert-uncased").PadId.ShouldBe(0);
        Load("qwen2").BeginId.ShouldBeNull();
        Load("qwen2").EndId.ShouldBe(Load("qwen2").IdOf("<|end|>"));
        (Load("sentencepiece-bpe").BeginId, Load("sentencepiece-bpe").EndId).ShouldBe((1, 2));
    }

    [Fact]
    public void A_token_that_is_not_special_is_always_found()
    {
        Tokenizer tokenizer = Load("qwen2");
        int begin = tokenizer.IdOf("<|begin|>")!.Value;
        tokenizer.Encode("<|begin|>a<|end|>").ShouldContain(begin);
        tokenizer.Encode("<|begin|>a<|end|>").ShouldNotContain(tokenizer.EndId!.Value);
        tokenizer.Decode(tokenizer.Encode("<|begin|>a<|end|>")).ShouldBe("<|begin|>a<|end|>");
    }

    internal static Tokenizer Load(string name) => Tokenizer.Load(PathOf(name));

    internal static string PathOf(string name) => Golden.PathOf(Path.Combine("tokenizers", name));
}
