namespace Lora.Models.Tests;

public sealed class TextGeneratorTests
{
    [Theory]
    [InlineData("llama2")]
    [InlineData("gpt2")]
    [InlineData("sentencepiece-bpe")]
    public void The_parts_are_the_text_of_all_tokens_together(string name)
    {
        Tokenizer tokenizer = TokenizerGoldenTests.Load(name);
        var model = new LlamaForCausalLM(new LlamaConfig
        {
            VocabSize = tokenizer.VocabularySize + 3,
            HiddenSize = 8,
            IntermediateSize = 8,
            NumHiddenLayers = 1,
            NumAttentionHeads = 1,
            NumKeyValueHeads = 1,
            HeadDim = 8,
        });
        var generator = new TextGenerator(model, tokenizer);
        int[] prompt = tokenizer.Encode("the river");
        for (ulong seed = 0; seed < 5; seed++)
        {
            var options = new GenerationOptions { MaxNewTokens = 60, Temperature = 1, Seed = seed, StopTokens = [] };
            int[] known = [.. model.Generate(prompt, options).Where(token => token < tokenizer.VocabularySize)];
            TextPiece[] pieces = [.. generator.Generate("the river", options, TestContext.Current.CancellationToken)];
            (tokenizer.Decode(prompt) + string.Concat(pieces.Select(piece => piece.Text))).ShouldBe(tokenizer.Decode([.. prompt, .. known]));
            pieces[^1].ShouldBe(new TextPiece(pieces[^1].Text, 60, TextEnd.Length));
            pieces[..^1].ShouldAllBe(piece => piece.End == null);
        }
    }

    [Fact]
    public void A_character_comes_when_its_last_token_does()
    {
        Tokenizer tokenizer = TokenizerGoldenTests.Load("gpt2");
        int[] tokens = tokenizer.Encode("a\u20AC!");
        tokens.Length.ShouldBe(5);
        string[] parts = [.. Pieces(tokenizer, tokens).Select(piece => piece.Text)];
        parts.ShouldBe(["a", "", "", "\u20AC", "!", ""]);
        Pieces(tokenizer, tokens[..3])[^1].ShouldBe(new TextPiece("\uFFFD", 3, TextEnd.Stop));
    }

    [Fact]
    public void A_stop_text_ends_the_text_even_inside_a_token_and_across_tokens()
    {
        Tokenizer tokenizer = TokenizerGoldenTests.Load("gpt2");
        int[] tokens = tokenizer.Encode("The boats went down the river and the mill.");
        TextPiece[] pieces = Pieces(tokenizer, tokens, "the riven", "er and", "nowhere");
        string.Concat(pieces.Select(piece => piece.Text)).ShouldBe("The boats went down the riv");
        pieces[^1].End.ShouldBe(TextEnd.Stop);
        pieces[^1].Tokens.ShouldBeLessThan(tokens.Length);
    }

    [Fact]
    public void What_might_have_become_a_stop_text_comes_with_the_end()
    {
        Tokenizer tokenizer = TokenizerGoldenTests.Load("gpt2");
        TextPiece[] pieces = Pieces(tokenizer, tokenizer.Encode("boats\n"), "\nuser:");
        string.Concat(pieces.Select(piece => piece.Text)).ShouldBe("boats\n");
        pieces[^1].Text.ShouldBe("\n");
    }

    [Fact]
    public void Nothing_is_computed_after_a_stop_text_or_cancelling()
    {
        Tokenizer tokenizer = TokenizerGoldenTests.Load("gpt2");
        var model = new ScriptedModel(tokenizer.VocabularySize, tokenizer.Encode("aaaaaaaaaa!bbbbbbbbbb"));
        var generator = new TextGenerator(model, tokenizer);
        _ = generator.Generate("x", new GenerationOptions { StopTexts = ["!"] }, TestContext.Current.CancellationToken).Last();
        int stopped = model.Said;
        stopped.ShouldBeInRange(2, 11);
        using var source = new CancellationTokenSource();
        using IEnumerator<TextPiece> pieces = generator.Generate("x", cancellationToken: source.Token).GetEnumerator();
        pieces.MoveNext().ShouldBeTrue();
        source.Cancel();
        Should.Throw<OperationCanceledException>(() => pieces.MoveNext());
        model.Said.ShouldBe(stopped + 1);
    }

    [Fact]
    public void What_does_not_belong_together_is_refused()
    {
        Tokenizer tokenizer = TokenizerGoldenTests.Load("gpt2");
        Should.Throw<ArgumentException>(() => new TextGenerator(new ScriptedModel(tokenizer.VocabularySize - 1, []), tokenizer)).Message.ShouldContain("346");
        var generator = new TextGenerator(new ScriptedModel(tokenizer.VocabularySize, []), tokenizer);
        Should.Throw<ArgumentException>(() => generator.Generate("a", new GenerationOptions { StopTexts = [""] }, TestContext.Current.CancellationToken));
        Should.Throw<ArgumentException>(() => generator.Generate("a", new GenerationOptions { TopP = 0 }, TestContext.Current.CancellationToken));
    }

    private static TextPiece[] Pieces(Tokenizer tokenizer, int[] script, params string[] stops) =>
        [.. new TextGenerator(new ScriptedModel(tokenizer.VocabularySize, script), tokenizer).Generate("a", new GenerationOptions { StopTexts = stops })];
}
