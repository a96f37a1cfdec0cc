using Microsoft.Extensions.AI;

namespace Lora.Models;

/// <summary>What a call of Microsoft.Extensions.AI means here; what would change the answer and is not supported is refused.</summary>
internal static class ChatCall
{
    public static List<ChatTurn> TurnsOf(IEnumerable<ChatMessage> messages, ChatOptions? options)
    {
        var turns = new List<ChatTurn>();
        if (!string.IsNullOrEmpty(options?.Instructions))
        {
            turns.Add(new ChatTurn("system", options.Instructions));
        }

        foreach (ChatMessage message in messages)
        {
            AIContent? other = message.Contents.FirstOrDefault(content => content is not TextContent);
            turns.Add(other is null
                ? new ChatTurn(message.Role.Value, message.Text)
                : throw new NotSupportedException($"A message of the role '{message.Role}' has {other.GetType().Name}; the model reads texts alone."));
        }

        return turns;
    }

    public static GenerationOptions OptionsOf(ChatOptions? options, GenerationOptions defaults, string? modelId)
    {
        if (options is null)
        {
            return defaults;
        }

        Refuse(options.Tools is { Count: > 0 }, nameof(options.Tools));
        Refuse(options.ResponseFormat is ChatResponseFormatJson, nameof(options.ResponseFormat));
        Refuse(options.FrequencyPenalty is not (null or 0), nameof(options.FrequencyPenalty));
        Refuse(options.PresencePenalty is not (null or 0), nameof(options.PresencePenalty));
        Refuse(options.ConversationId is not null, nameof(options.ConversationId));
        Refuse(options.Reasoning is not null, nameof(options.Reasoning));
        if (options.ModelId is { } other && modelId is not null && other != modelId)
        {
            throw new NotSupportedException($"ChatOptions.ModelId is '{other}', and the client's model '{modelId}'.");
        }

        return defaults with
        {
            Temperature = options.Temperature ?? defaults.Temperature,
            TopK = options.TopK ?? defaults.TopK,
            TopP = options.TopP ?? defaults.TopP,
            Seed = options.Seed is { } seed ? unchecked((ulong)seed) : defaults.Seed,
            MaxNewTokens = options.MaxOutputTokens ?? defaults.MaxNewTokens,
            StopTexts = options.StopSequences is { Count: > 0 } stops ? [.. stops] : defaults.StopTexts,
        };
    }

    private static void Refuse(bool isAsked, string option)
    {
        if (isAsked)
        {
            throw new NotSupportedException($"ChatOptions.{option} is not supported.");
        }
    }
}
