namespace Lora.Models;

/// <summary>Continues a text token by token, each token read once.</summary>
internal static class TextGeneration
{
    public static IEnumerable<int> Generate(ICausalLanguageModel model, IReadOnlyList<int> prompt, GenerationOptions? options)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        options ??= new GenerationOptions();
        options.Check();
        if (prompt.Count == 0 || prompt.Count > model.MaxSequenceLength)
        {
            throw new ArgumentException(
                $"The prompt has {prompt.Count} tokens; it takes 1 to {model.MaxSequenceLength}. A text begins with the tokenizer's BeginId.", nameof(prompt));
        }

        if (options.StopTexts.Count > 0)
        {
            throw new ArgumentException("StopTexts are texts, and a model knows tokens alone: generate with a TextGenerator.", nameof(options));
        }

        return Continue(model, [.. prompt], options);
    }

    /// <summary>Throws before anything is read, so that all layers of a cache stay of one length.</summary>
    public static void CheckRoom(ReadOnlySpan<int> tokens, TextCache cache)
    {
        if (tokens.IsEmpty)
        {
            throw new ArgumentException("There is no token to read.", nameof(tokens));
        }

        if (tokens.Length > cache.Capacity - cache.Length)
        {
            throw new InvalidOperationException(
                $"The cache has room for {cache.Capacity} tokens and has read {cache.Length}; {tokens.Length} more do not fit. Ask for a larger one, or truncate it.");
        }
    }

    /// <summary>The most tokens that may follow a prompt.</summary>
    public static int Longest(ICausalLanguageModel model, int prompt, GenerationOptions options) =>
        Math.Min(model.MaxSequenceLength - prompt, options.MaxNewTokens);

    private static IEnumerable<int> Continue(ICausalLanguageModel model, int[] next, GenerationOptions options)
    {
        var sampler = new TokenSampler(options);
        IReadOnlyList<int> stops = options.StopTokens ?? model.EosTokenIds;
        int count = Longest(model, next.Length, options);
        TextCache cache = model.NewCache(next.Length + count);
        for (int i = 0; i < count; i++)
        {
            int token = sampler.Next(model.Next(next, cache).Span);
            if (stops.Contains(token))
            {
                yield break;
            }

            yield return token;
            next = [token];
        }
    }
}
