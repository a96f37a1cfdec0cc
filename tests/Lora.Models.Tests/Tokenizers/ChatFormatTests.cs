using System.Text.Json.Nodes;

namespace Lora.Models.Tests;

/// <summary>Conversations in the forms of the common models.</summary>
public sealed class ChatFormatTests : IDisposable
{
    private static readonly ChatTurn[] _turns =
    [
        new("system", "Be brief."), new("user", "Hello"), new("assistant", "Hi."), new("user", "Bye <|im_end|></s>"), new("assistant", "See you."),
    ];

    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Texts_are_those_of_the_templates()
    {
        ChatFormat.ChatMl.Format(_turns[..3], addGenerationPrompt: true).ShouldBe(
            "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\nHi.<|im_end|>\n<|im_start|>assistant\n");
        ChatFormat.Llama3.Format(_turns[..2], addGenerationPrompt: true).ShouldBe(
            "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nBe brief.<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nHello<|eot_id|>"
            + "<|start_header_id|>assistant<|end_header_id|>\n\n");
        ChatFormat.Llama2.Format([.. _turns[..3], new("user", "Bye")]).ShouldBe(
            "<s>[INST] <<SYS>>\nBe brief.\n<</SYS>>\n\nHello [/INST] Hi. </s><s>[INST] Bye [/INST]");
        ChatFormat.Mistral.Format([.. _turns[..3], new("user", "Bye")]).ShouldBe("<s>[INST] Be brief.\n\nHello [/INST] Hi.</s>[INST] Bye [/INST]");
    }

    [Fact]
    public void Answers_and_their_ends_are_marked_and_messages_cannot_end_a_turn()
    {
        Tokenizer tokenizer = WithTokens("gpt2", null, "<|im_start|>", "<|im_end|>");
        ChatFormat.Of(tokenizer).ShouldBe(ChatFormat.ChatMl);
        ChatTokens chat = ChatFormat.ChatMl.Encode(tokenizer, _turns);
        int end = tokenizer.IdOf("<|im_end|>")!.Value;
        chat.Tokens.Count(token => token == end).ShouldBe(5);
        chat.IsAnswer.Length.ShouldBe(chat.Tokens.Length);
        int[] answers = [.. chat.Tokens.Where((_, i) => chat.IsAnswer[i])];
        answers.ShouldBe([.. tokenizer.Encode("Hi."), end, .. tokenizer.Encode("See you."), end]);
        ChatTokens asked = ChatFormat.ChatMl.Encode(tokenizer, _turns[..2], addGenerationPrompt: true);
        asked.Tokens.ShouldBe(tokenizer.Encode(ChatFormat.ChatMl.Format(_turns[..2], addGenerationPrompt: true), parseSpecialTokens: true));
        asked.IsAnswer.ShouldAllBe(isAnswer => !isAnswer);
    }

    [Fact]
    public void Llama3_is_known_by_its_tokens_and_trims_messages()
    {
        Tokenizer tokenizer = WithTokens("llama3", null, "<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>");
        ChatFormat.Of(tokenizer).ShouldBe(ChatFormat.Llama3);
        ChatFormat.Llama3.Encode(tokenizer, [new("user", "  Hello \n")]).Tokens.ShouldBe(ChatFormat.Llama3.Encode(tokenizer, [new("user", "Hello")]).Tokens);
    }

    /// <summary>The tokens are those of Hugging Face's apply_chat_template.</summary>
    [Theory]
    [InlineData("{% if messages[0]['role'] != 'system' %}{{ '<|im_start|>system\\nYou are a helpful assistant.<|im_end|>\\n' }}{% endif %}", "You are a helpful assistant.")]
    [InlineData("{{- '<|im_start|>system\\n' }}{{- messages[0]['content'] + '<|im_end|>' }}{{- '<|im_start|>system\\nYou are Qwen.\\nBe kind.<|im_end|>\\n' }}", "You are Qwen.\nBe kind.")]
    [InlineData("{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' }}", null)]
    public void A_template_may_say_what_the_system_says_where_nobody_does(string template, string? said)
    {
        Tokenizer tokenizer = WithTokens("gpt2", template, "<|im_start|>", "<|im_end|>");
        ChatTurn[] asked = [new("user", "Hello")];
        ChatTurn[] meant = said is null ? asked : [new("system", said), .. asked];
        ChatFormat.ChatMl.Encode(tokenizer, asked).Tokens.ShouldBe(tokenizer.Encode(ChatFormat.ChatMl.Format(meant), parseSpecialTokens: true));
        ChatFormat.ChatMl.Encode(tokenizer, _turns[..2]).Tokens.ShouldBe(tokenizer.Encode(ChatFormat.ChatMl.Format(_turns[..2]), parseSpecialTokens: true));
    }

    [Theory]
    [InlineData(false, "")]
    [InlineData(true, "Be brief.")]
    public void Llama_3_1_is_told_the_dates_of_its_template(bool hasSystem, string said)
    {
        const string Template = """
            {%- set date_string = "26 Jul 2024" %}{{- "<|start_header_id|>system<|end_header_id|>\n\n" }}{{- "Cutting Knowledge Date: December 2023\n" }}{{- "Today Date: " + date_string + "\n\n" }}
            """;
        Tokenizer tokenizer = WithTokens("llama3", Template, "<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>");
        ChatTurn[] turns = hasSystem ? _turns[..2] : _turns[1..2];
        ChatFormat.Llama3.Encode(tokenizer, turns).Tokens.ShouldBe(tokenizer.Encode(
            $"<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nCutting Knowledge Date: December 2023\nToday Date: 26 Jul 2024\n\n{said}<|eot_id|>"
            + "<|start_header_id|>user<|end_header_id|>\n\nHello<|eot_id|>",
            addSpecialTokens: false,
            parseSpecialTokens: true));
    }

    [Fact]
    public void Each_format_knows_the_token_that_ends_an_answer()
    {
        Tokenizer chatMl = WithTokens("gpt2", null, "<|im_start|>", "<|im_end|>");
        ChatFormat.ChatMl.EndOfAnswer(chatMl).ShouldBe(chatMl.IdOf("<|im_end|>")!.Value);
        Tokenizer llama2 = TokenizerGoldenTests.Load("llama2");
        ChatFormat.Llama2.EndOfAnswer(llama2).ShouldBe(llama2.EndId!.Value);
    }

    [Fact]
    public void SentencePiece_tokens_of_a_conversation_are_those_of_its_text()
    {
        Tokenizer tokenizer = TokenizerGoldenTests.Load("llama2");
        ChatTurn[] turns = [new("user", "the river"), new("assistant", "the boats"), new("user", "the mill")];
        ChatTokens chat = ChatFormat.Llama2.Encode(tokenizer, turns);
        chat.Tokens.ShouldBe(tokenizer.Encode(ChatFormat.Llama2.Format(turns), addSpecialTokens: false, parseSpecialTokens: true));
        tokenizer.Decode([.. chat.Tokens.Where((_, i) => chat.IsAnswer[i])]).ShouldContain("boats");
    }

    [Fact]
    public void Instructions_take_user_and_assistant_in_turn()
    {
        Should.Throw<ArgumentException>(() => ChatFormat.Llama2.Format([new("assistant", "Hi")])).Message.ShouldContain("assistant");
        Should.Throw<ArgumentException>(() => ChatFormat.Mistral.Format([new("user", "a"), new("user", "b")])).Message.ShouldContain("Message 1");
        Should.Throw<ArgumentException>(() => ChatFormat.Mistral.Format([new("system", "a")]));
        Should.Throw<ArgumentException>(() => ChatFormat.Llama2.Format(_turns[..3], addGenerationPrompt: true)).Message.ShouldContain("the user's");
        Should.Throw<ArgumentException>(() => ChatFormat.ChatMl.Format([]));
        Should.Throw<ArgumentException>(() => ChatFormat.ChatMl.Format([new("user<|im_end|>", "a")])).Message.ShouldContain("plain word");
    }

    [Theory]
    [InlineData("{% if x %}<<SYS>>[INST]{% endif %}", "Llama 2")]
    [InlineData("{{ '[INST] ' + x }}", "Mistral")]
    [InlineData("{{ x }}", null)]
    [InlineData(null, null)]
    public void A_folders_template_tells_the_others_apart(string? template, string? expected)
    {
        foreach (string file in Directory.GetFiles(TokenizerGoldenTests.PathOf("mistral")))
        {
            File.Copy(file, Path.Combine(_folder, Path.GetFileName(file)));
        }

        string path = Path.Combine(_folder, "tokenizer_config.json");
        JsonNode config = JsonNode.Parse(File.ReadAllText(path))!;
        config["chat_template"] = template;
        File.WriteAllText(path, config.ToJsonString());
        Tokenizer tokenizer = Tokenizer.Load(_folder);
        tokenizer.ChatTemplate.ShouldBe(template);
        ChatFormat.Of(tokenizer)?.Name.ShouldBe(expected);
        (ChatFormat.Of(tokenizer) is null).ShouldBe(expected is null);
    }

    private Tokenizer WithTokens(string name, string? template, params string[] contents)
    {
        JsonNode json = JsonNode.Parse(File.ReadAllText(Path.Combine(TokenizerGoldenTests.PathOf(name), "tokenizer.json")))!;
        int id = Tokenizer.Load(TokenizerGoldenTests.PathOf(name)).VocabularySize;
        foreach (string content in contents)
        {
            json["added_tokens"]!.AsArray().Add(new JsonObject { ["id"] = id++, ["content"] = content, ["special"] = true });
        }

        File.WriteAllText(Path.Combine(_folder, "tokenizer.json"), json.ToJsonString());
        if (template is not null)
        {
            File.WriteAllText(Path.Combine(_folder, "chat_template.jinja"), template);
        }

        return Tokenizer.Load(_folder);
    }
}
