namespace Lora.Models;

public sealed partial class LlamaForCausalLM
{
    /// <summary>Continues a sequence, token by token as the result is enumerated.</summary>
    /// <param name="prompt">The tokens to begin with, at least one.</param>
    /// <param name="options">How; by default the most likely token each time.</param>
    /// <returns>The new tokens: up to a stop token, the number asked for, or the longest sequence that the model takes.</returns>
    /// <exception cref="ArgumentException">The prompt is empty or too long, or an option lies outside its range.</exception>
    public IEnumerable<int> Generate(IReadOnlyList<int> prompt, GenerationOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        options ??= new GenerationOptions();
        options.Check();
        if (prompt.Count == 0 || prompt.Count > Config.MaxPositionEmbeddings)
        {
            throw new ArgumentException(
                $"The prompt has {prompt.Count} tokens; it takes 1 to {Config.MaxPositionEmbeddings}. A text begins with the tokenizer's BeginId.", nameof(prompt));
        }

        return Continue([.. prompt], options);
    }

    private IEnumerable<int> Continue(List<int> tokens, GenerationOptions options)
    {
        var sampler = new TokenSampler(options);
        IReadOnlyList<int> stops = options.StopTokens ?? Config.EosTokenIds;
        for (int i = 0; i < options.MaxNewTokens && tokens.Count < Config.MaxPositionEmbeddings; i++)
        {
            Tensor logits = Forward(tokens.ToArray(), batch: 1);
            int token = sampler.Next(logits.Span[^Config.VocabSize..]);
            if (stops.Contains(token))
            {
                yield break;
            }

            tokens.Add(token);
            yield return token;
        }
    }
}
