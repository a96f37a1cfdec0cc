using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Lora.Models;

/// <summary>
/// A model with its active adapter as a chat client of Microsoft.Extensions.AI. It keeps nothing from call to call, and calls may run beside each other. Each token
/// is computed on the thread pool.
/// </summary>
/// <example><code>
/// ICausalLanguageModel model = CausalLanguageModel.Load(folder);
/// PeftAdapter.Load(model, adapter);
/// using IChatClient client = new LoraChatClient(model, Tokenizer.Load(folder));
/// ChatResponse answer = await client.GetResponseAsync("What is a low-rank adapter?", new ChatOptions { Temperature = 0.7f, MaxOutputTokens = 200 });
/// </code></example>
public sealed class LoraChatClient : IChatClient
{
    private readonly TextGenerator _generator;
    private readonly ChatFormat _format;
    private readonly GenerationOptions _defaults;
    private readonly ChatClientMetadata _metadata;

    /// <summary>Makes a client.</summary>
    /// <param name="model">The model. Whoever gives it goes on owning it.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="format">How the model writes conversations; null for what the tokenizer says.</param>
    /// <param name="defaults">What holds where a call's options say nothing; by default the most likely token each time.</param>
    /// <param name="modelId">The name that answers give the model.</param>
    /// <exception cref="ArgumentException">The tokenizer does not belong to the model, or does not say how conversations are written.</exception>
    public LoraChatClient(
        ICausalLanguageModel model, Tokenizer tokenizer, ChatFormat? format = null, GenerationOptions? defaults = null, string? modelId = null)
    {
        _generator = new TextGenerator(model, tokenizer);
        _format = format ?? ChatFormat.Of(tokenizer) ?? throw new ArgumentException(
            "The tokenizer does not say how the model writes conversations: give a ChatFormat.", nameof(format));
        _defaults = defaults ?? new GenerationOptions();
        _defaults.Check();
        _metadata = new ChatClientMetadata("lora", defaultModelId: modelId);
    }

    /// <summary>Answers a conversation.</summary>
    /// <param name="messages">The conversation; its messages are texts.</param>
    /// <param name="options">Temperature, TopK, TopP, Seed, MaxOutputTokens, StopSequences and Instructions hold; what else would change the answer is refused.</param>
    /// <param name="cancellationToken">Ends the call between two tokens.</param>
    /// <exception cref="ArgumentException">The conversation is empty, too long, or the format has no place for a message where it stands.</exception>
    /// <exception cref="NotSupportedException">A message is no text, or an option is not supported.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    /// <summary>Answers a conversation, part by part.</summary>
    /// <inheritdoc cref="GetResponseAsync"/>
    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        GenerationOptions generation = ChatCall.OptionsOf(options, _defaults, _metadata.DefaultModelId) with { StopTokens = [.. _defaults.StopTokens ?? _generator.Model.EosTokenIds, _format.EndOfAnswer(_generator.Tokenizer)] };
        int[] prompt = _format.Encode(_generator.Tokenizer, ChatCall.TurnsOf(messages, options), addGenerationPrompt: true).Tokens;
        return Stream(_generator.Generate(prompt, generation, cancellationToken), prompt.Length, cancellationToken);
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        object?[] services = [this, _metadata, _generator, _generator.Model, _generator.Tokenizer, _format];
        return serviceKey is null ? services.FirstOrDefault(serviceType.IsInstanceOfType) : null;
    }

    /// <summary>Does nothing: the client owns nothing.</summary>
    public void Dispose()
    {
    }

    private async IAsyncEnumerable<ChatResponseUpdate> Stream(
        IEnumerable<TextPiece> pieces, int promptTokens, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string id = Guid.NewGuid().ToString("N");
        bool hasBegun = false;
        using IEnumerator<TextPiece> enumerator = pieces.GetEnumerator();
        while (await Task.Run(enumerator.MoveNext, cancellationToken).ConfigureAwait(false))
        {
            TextPiece piece = enumerator.Current;

            // The space that an answer begins with is the format's.
            string text = hasBegun ? piece.Text : piece.Text.TrimStart();
            hasBegun |= text.Length > 0;
            if (text.Length > 0)
            {
                yield return Update(id, new TextContent(text));
            }

            if (piece.End is { } end)
            {
                ChatResponseUpdate last = Update(id, new UsageContent(new UsageDetails
                {
                    InputTokenCount = promptTokens,
                    OutputTokenCount = piece.Tokens,
                    TotalTokenCount = promptTokens + piece.Tokens,
                }));
                last.FinishReason = end == TextEnd.Stop ? ChatFinishReason.Stop : ChatFinishReason.Length;
                yield return last;
            }
        }
    }

    private ChatResponseUpdate Update(string id, AIContent content) => new(ChatRole.Assistant, [content])
    {
        ResponseId = id,
        MessageId = id,
        ModelId = _metadata.DefaultModelId,
        CreatedAt = DateTimeOffset.UtcNow,
    };
}
