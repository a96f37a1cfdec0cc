namespace Lora.Models.Tests;

/// <summary>Texts that are read in pieces, with what was read before in a cache.</summary>
public sealed class TextCacheTests
{
    private static readonly int[] _text = [1, 4, 7, 2, 9, 3, 5];

    public static TheoryData<string> Models => ["gpt2", "llama3-scaled", "qwen3", "mistral"];

    [Theory]
    [MemberData(nameof(Models))]
    public void Pieces_give_the_logits_of_the_whole(string name)
    {
        ICausalLanguageModel model = Adapted(name);
        foreach (int[] pieces in (int[][])[[7], [1, 1, 1, 1, 1, 1, 1], [3, 4], [5, 1, 1]])
        {
            TextCache cache = model.NewCache(_text.Length);
            int read = 0;
            foreach (int piece in pieces)
            {
                Tensor logits = model.Next(_text.AsSpan(read, piece), cache);
                read += piece;
                logits.Shape.ToArray().ShouldBe([1, 1, model.VocabularySize]);
                Tensor whole = model.Forward(_text.AsSpan(0, read), batch: 1);
                Numbers.MaxDifference(logits.Span.ToDoubles(), whole.Span[^model.VocabularySize..].ToDoubles()).ShouldBeLessThan(2e-5);
                cache.Length.ShouldBe(read);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void A_truncated_cache_continues_the_shorter_text(string name)
    {
        ICausalLanguageModel model = Adapted(name);
        TextCache cache = model.NewCache(_text.Length);
        model.Next(_text, cache);
        cache.Truncate(2);
        float[] logits = model.Next([8], cache).Span.ToArray();
        Numbers.MaxDifference(logits.AsSpan().ToDoubles(), model.Forward([1, 4, 8], batch: 1).Span[^model.VocabularySize..].ToDoubles()).ShouldBeLessThan(2e-5);
        Should.Throw<ArgumentOutOfRangeException>(() => cache.Truncate(4));
    }

    [Fact]
    public void What_does_not_fit_is_refused_and_nothing_is_taken_up()
    {
        ICausalLanguageModel model = Adapted("gpt2");
        TextCache cache = model.NewCache(4);
        model.Next([1, 4, 7], cache);
        Should.Throw<InvalidOperationException>(() => model.Next([2, 9], cache)).Message.ShouldContain("room for 4 tokens and has read 3");
        Should.Throw<ArgumentException>(() => model.Next([], cache));
        cache.Length.ShouldBe(3);
        model.Next([2], cache);
        Should.Throw<ArgumentOutOfRangeException>(() => model.NewCache(0));
        Should.Throw<ArgumentOutOfRangeException>(() => model.NewCache(model.MaxSequenceLength + 1));
    }

    private static ICausalLanguageModel Adapted(string name)
    {
        ICausalLanguageModel model = CausalLanguageModel.Load(TorchGolden.PathOf(name));
        new TorchGolden(name).Adapt(model);
        return model;
    }
}
