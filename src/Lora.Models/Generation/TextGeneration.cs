namespace Lora.Models;

/// <summary>Generation by whole forward passes, for models that keep no keys and values of earlier tokens.</summary>
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

    private static IEnumerable<int> Continue(ICausalLanguageModel model, List<int> tokens, GenerationOptions options)
    {
        var sampler = new TokenSampler(options);
        IReadOnlyList<int> stops = options.StopTokens ?? model.EosTokenIds;
        for (int i = 0; i < options.MaxNewTokens && tokens.Count < model.MaxSequenceLength; i++)
        {
            Tensor logits = model.Forward(tokens.ToArray(), batch: 1);
            int token = sampler.Next(logits.Span[^model.VocabularySize..]);
            if (stops.Contains(token))
            {
                yield break;
            }

            tokens.Add(token);
            yield return token;
        }
    }
}
