using System.Text.Json;

namespace Lora.Models.Tests;

/// <summary>Normalisation through a tokenizer that asks for it, in a program without ICU's data.</summary>
public sealed class CanonicalFormsTests
{
    [Theory]
    [InlineData("e\u0301", "\u00E9")]
    [InlineData("a\u0323\u0307", "\u1EA1\u0307")]
    [InlineData("a\u0307\u0323", "\u1EA1\u0307")]
    [InlineData("\u1112\u1161\u11AB", "\uD55C")]
    [InlineData("\uD558\u11AB", "\uD55C")]
    [InlineData("\u0958", "\u0915\u093C")]
    [InlineData("\u212B\u2126", "\u00C5\u03A9")]
    [InlineData("\u0344", "\u0308\u0301")]
    [InlineData("\U0001D15E", "\U0001D157\U0001D165")]
    [InlineData("x\u0301y", "x\u0301y")]
    [InlineData("q\u0307\u0323\u0307", "q\u0323\u0307\u0307")]
    public void Composed_text_gives_the_same_tokens(string text, string composed)
    {
        Tokenizer tokenizer = TokenizerGoldenTests.Load("qwen2");
        tokenizer.Encode(text).ShouldBe(tokenizer.Encode(composed), JsonSerializer.Serialize(composed));
        tokenizer.Decode(tokenizer.Encode(text)).ShouldBe(composed);
    }

    [Theory]
    [InlineData("\u00DCBER Caf\u00E9", "uber cafe")]
    [InlineData("\u1EAEa\u0323", "aa")]
    public void Accents_are_stripped(string text, string plain)
    {
        Tokenizer tokenizer = TokenizerGoldenTests.Load("bert-uncased");
        tokenizer.Encode(text).ShouldBe(tokenizer.Encode(plain));
    }
}
