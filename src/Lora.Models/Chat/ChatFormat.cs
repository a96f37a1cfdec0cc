namespace Lora.Models;

/// <summary>How a family of models writes conversations as one text.</summary>
public sealed class ChatFormat
{
    private readonly Func<IReadOnlyList<ChatTurn>, bool, IEnumerable<ChatPart>> _write;

    private ChatFormat(string name, Func<IReadOnlyList<ChatTurn>, bool, IEnumerable<ChatPart>> write)
    {
        Name = name;
        _write = write;
    }

    /// <summary>ChatML, of Qwen, SmolLM and many others: <c>&lt;|im_start|&gt;user</c>, the text, <c>&lt;|im_end|&gt;</c>.</summary>
    public static ChatFormat ChatMl { get; } = new("ChatML", WriteChatMl);

    /// <summary>Llama 2: <c>[INST] … [/INST]</c> around what the user says, the system's message inside the first between <c>&lt;&lt;SYS&gt;&gt;</c>.</summary>
    public static ChatFormat Llama2 { get; } = new("Llama 2", (turns, prompts) => WriteInstructions(turns, prompts, isLlama2: true));

    /// <summary>Llama 3: a header with the role before each message, and <c>&lt;|eot_id|&gt;</c> after.</summary>
    public static ChatFormat Llama3 { get; } = new("Llama 3", WriteLlama3);

    /// <summary>Mistral 7B: <c>[INST] … [/INST]</c> around what the user says, the system's message before the first.</summary>
    public static ChatFormat Mistral { get; } = new("Mistral", (turns, prompts) => WriteInstructions(turns, prompts, isLlama2: false));

    /// <summary>The format's name.</summary>
    public string Name { get; }

    /// <summary>The format that a tokenizer's special tokens, or its folder's template, are of; null where they are of none of these.</summary>
    /// <param name="tokenizer">The tokenizer.</param>
    public static ChatFormat? Of(Tokenizer tokenizer)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        string template = tokenizer.ChatTemplate ?? "";
        bool Has(string token) => tokenizer.IdOf(token) is not null && (template.Length == 0 || template.Contains(token, StringComparison.Ordinal));
        return Has("<|im_start|>") && tokenizer.IdOf("<|im_end|>") is not null ? ChatMl
            : Has("<|start_header_id|>") && tokenizer.IdOf("<|eot_id|>") is not null ? Llama3
            : template.Contains("<<SYS>>", StringComparison.Ordinal) ? Llama2
            : template.Contains("[INST]", StringComparison.Ordinal) ? Mistral
            : null;
    }

    /// <summary>The text of a conversation.</summary>
    /// <param name="turns">The messages.</param>
    /// <param name="addGenerationPrompt">Whether the text ends where the assistant's next answer begins.</param>
    /// <exception cref="ArgumentException">The format has no place for a message where it stands.</exception>
    public string Format(IReadOnlyList<ChatTurn> turns, bool addGenerationPrompt = false) =>
        string.Concat(Write(Trimmed(turns), addGenerationPrompt).Select(part => part.Text));

    /// <summary>
    /// The tokens of a conversation. Names of special tokens inside messages are text. What the tokenizer's template says in the system's place of its own accord is
    /// there too: a message where there is none, as Qwen 2 and SmolLM have it, or Llama 3.1's dates.
    /// </summary>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="turns">The messages.</param>
    /// <param name="addGenerationPrompt">Whether the tokens end where the assistant's next answer begins.</param>
    /// <exception cref="ArgumentException">The format has no place for a message where it stands.</exception>
    public ChatTokens Encode(Tokenizer tokenizer, IReadOnlyList<ChatTurn> turns, bool addGenerationPrompt = false)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        return tokenizer.Encode(Write(TemplateSystem.Complete(this, tokenizer.ChatTemplate, Trimmed(turns)), addGenerationPrompt));
    }

    /// <summary>The token with which the assistant's answer ends.</summary>
    /// <param name="tokenizer">The model's tokenizer.</param>
    public int EndOfAnswer(Tokenizer tokenizer)
    {
        ChatTokens example = Encode(tokenizer, [new ChatTurn("user", "a"), new ChatTurn("assistant", "b")]);
        return example.Tokens[Array.LastIndexOf(example.IsAnswer, true)];
    }

    // ChatML alone keeps the spaces around a message; the instructions' writer takes them off itself.
    private ChatTurn[] Trimmed(IReadOnlyList<ChatTurn> turns)
    {
        ArgumentNullException.ThrowIfNull(turns);
        return [.. this == Llama3 ? turns.Select(turn => turn with { Content = turn.Content.Trim() }) : turns];
    }

    private IEnumerable<ChatPart> Write(IReadOnlyList<ChatTurn> turns, bool addGenerationPrompt) =>
        turns.Count > 0 ? _write(turns, addGenerationPrompt) : throw new ArgumentException("A conversation has at least one message.", nameof(turns));

    private static IEnumerable<ChatPart> WriteChatMl(IReadOnlyList<ChatTurn> turns, bool addGenerationPrompt)
    {
        foreach (ChatTurn turn in turns)
        {
            bool isAnswer = turn.Role == "assistant";
            yield return new ChatPart($"<|im_start|>{Role(turn)}\n", IsTemplate: true);
            yield return new ChatPart(turn.Content, IsTemplate: false, isAnswer);
            yield return new ChatPart("<|im_end|>", IsTemplate: true, isAnswer);
            yield return new ChatPart("\n", IsTemplate: true);
        }

        if (addGenerationPrompt)
        {
            yield return new ChatPart("<|im_start|>assistant\n", IsTemplate: true);
        }
    }

    private static IEnumerable<ChatPart> WriteLlama3(IReadOnlyList<ChatTurn> turns, bool addGenerationPrompt)
    {
        yield return new ChatPart("<|begin_of_text|>", IsTemplate: true);
        foreach (ChatTurn turn in turns)
        {
            bool isAnswer = turn.Role == "assistant";
            yield return new ChatPart($"<|start_header_id|>{Role(turn)}<|end_header_id|>\n\n", IsTemplate: true);
            yield return new ChatPart(turn.Content, IsTemplate: false, isAnswer);
            yield return new ChatPart("<|eot_id|>", IsTemplate: true, isAnswer);
        }

        if (addGenerationPrompt)
        {
            yield return new ChatPart("<|start_header_id|>assistant<|end_header_id|>\n\n", IsTemplate: true);
        }
    }

    // User and assistant in turn; a system's message stands first alone, and goes into the user's first. After the user's message the answer is due anyway.
    private static IEnumerable<ChatPart> WriteInstructions(IReadOnlyList<ChatTurn> turns, bool addGenerationPrompt, bool isLlama2)
    {
        string? system = turns[0].Role == "system" ? turns[0].Content : null;
        ChatTurn[] rest = [.. turns.Skip(system is null ? 0 : 1)];
        for (int i = 0; i < rest.Length; i++)
        {
            string expected = i % 2 == 0 ? "user" : "assistant";
            if (rest[i].Role != expected)
            {
                throw new ArgumentException(
                    $"Message {i + (system is null ? 0 : 1)} is of the role '{rest[i].Role}': this format takes user and assistant in turn, and system at the very first.", nameof(turns));
            }
        }

        if (rest.Length == 0 || (addGenerationPrompt && rest.Length % 2 == 0))
        {
            throw new ArgumentException("The assistant answers the user: the last message must be the user's.", nameof(turns));
        }

        return WriteTurns(rest, system, isLlama2);
    }

    private static IEnumerable<ChatPart> WriteTurns(ChatTurn[] turns, string? system, bool isLlama2)
    {
        for (int i = 0; i < turns.Length; i++)
        {
            if (i % 2 == 1)
            {
                yield return new ChatPart($" {turns[i].Content.Trim()}{(isLlama2 ? " " : "")}", IsTemplate: false, IsAnswer: true);
                yield return new ChatPart("</s>", IsTemplate: true, IsAnswer: true);
                continue;
            }

            yield return new ChatPart(i == 0 || isLlama2 ? "<s>[INST] " : "[INST] ", IsTemplate: true);
            if (i == 0 && system is not null)
            {
                yield return new ChatPart(isLlama2 ? "<<SYS>>\n" : "", IsTemplate: true);
                yield return new ChatPart(system, IsTemplate: false);
                yield return new ChatPart(isLlama2 ? "\n<</SYS>>\n\n" : "\n\n", IsTemplate: true);
            }

            yield return new ChatPart(turns[i].Content.Trim(), IsTemplate: false);
            yield return new ChatPart(" [/INST]", IsTemplate: true);
        }
    }

    private static string Role(ChatTurn turn) => !string.IsNullOrEmpty(turn.Role) && turn.Role.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '_' or '-')
        ? turn.Role
        : throw new ArgumentException($"The role '{turn.Role}' is no plain word.", nameof(turn));
}
