namespace Lora.Models;

public sealed partial class LlamaForCausalLM
{
    /// <inheritdoc/>
    public IEnumerable<int> Generate(IReadOnlyList<int> prompt, GenerationOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        options ??= new GenerationOptions();
        options.Check();
        if (prompt.Count == 0 || prompt.Count > MaxSequenceLength)
        {
            throw new ArgumentException(
                $"The prompt has {prompt.Count} tokens; it takes 1 to {MaxSequenceLength}. A text begins with the tokenizer's BeginId.", nameof(prompt));
        }

        return Continue([.. prompt], options);
    }

    private IEnumerable<int> Continue(List<int> tokens, GenerationOptions options)
    {
        var sampler = new TokenSampler(options);
        IReadOnlyList<int> stops = options.StopTokens ?? EosTokenIds;
        for (int i = 0; i < options.MaxNewTokens && tokens.Count < MaxSequenceLength; i++)
        {
            Tensor logits = Forward(tokens.ToArray(), batch: 1);
            int token = sampler.Next(logits.Span[^VocabularySize..]);
            if (stops.Contains(token))
            {
                yield break;
            }

            tokens.Add(token);
            yield return token;
        }
    }
}
