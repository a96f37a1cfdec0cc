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

    private static IEnumerable<int> Continue(ICausalLanguageModel model, int[] next, GenerationOptions options)
    {
        var sampler = new TokenSampler(options);
        IReadOnlyList<int> stops = options.StopTokens ?? model.EosTokenIds;
        int longest = (int)Math.Min(model.MaxSequenceLength, (long)next.Length + options.MaxNewTokens);
        TextCache cache = model.NewCache(longest);
        for (int length = next.Length; length < longest; length++)
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
