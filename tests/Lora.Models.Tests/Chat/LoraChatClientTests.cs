using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;

namespace Lora.Models.Tests;

public sealed class LoraChatClientTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("lora-").FullName;
    private readonly Tokenizer _tokenizer;

    public LoraChatClientTests() => _tokenizer = ChatMl();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task An_answer_ends_where_the_format_ends_it_and_says_what_it_took()
    {
        ScriptedModel model = Saying("\n The river is wide.", "<|im_end|>", "never said");
        using var client = new LoraChatClient(model, _tokenizer, modelId: "river");
        ChatResponse response = await client.GetResponseAsync(
            [new(ChatRole.User, "How is the river?"), new(ChatRole.Assistant, "Wide."), new(ChatRole.User, "Again?")],
            new ChatOptions { Instructions = "Be brief." },
            Token);
        response.Text.ShouldBe("The river is wide.");
        response.Messages.Single().Role.ShouldBe(ChatRole.Assistant);
        response.FinishReason.ShouldBe(ChatFinishReason.Stop);
        response.ModelId.ShouldBe("river");
        response.Usage!.OutputTokenCount.ShouldBe(_tokenizer.Encode("\n The river is wide.").Length);
        response.Usage.InputTokenCount.ShouldBe(model.Prompt.Count);
        model.Prompt.ShouldBe(ChatFormat.ChatMl.Encode(
            _tokenizer,
            [new("system", "Be brief."), new("user", "How is the river?"), new("assistant", "Wide."), new("user", "Again?")],
            addGenerationPrompt: true).Tokens);
    }

    [Fact]
    public async Task Options_reach_the_sampler()
    {
        ScriptedModel model = Saying("one two three four five six");
        using IChatClient client = new LoraChatClient(model, _tokenizer, defaults: new GenerationOptions { TopK = 7, Temperature = 0.5f, MaxNewTokens = 99 });
        var options = new ChatOptions { Temperature = 0.25f, TopP = 0.5f, Seed = -1, MaxOutputTokens = 4, StopSequences = ["zzz"] };
        ChatResponse response = await client.GetResponseAsync("Count.", options, Token);
        response.FinishReason.ShouldBe(ChatFinishReason.Length);
        response.Usage!.OutputTokenCount.ShouldBe(4);
        GenerationOptions used = model.Options!;
        (used.Temperature, used.TopK, used.TopP, used.Seed, used.MaxNewTokens).ShouldBe((0.25f, 7, 0.5f, ulong.MaxValue, 4));
        await client.GetResponseAsync("Count.", cancellationToken: Token);
        (model.Options!.Temperature, model.Options.TopK, model.Options.TopP, model.Options.MaxNewTokens).ShouldBe((0.5f, 7, 1f, 99));
        (await client.GetResponseAsync("Count.", new ChatOptions { StopSequences = ["o thr"] }, Token)).Text.ShouldBe("one tw");
    }

    [Fact]
    public async Task Updates_come_as_the_tokens_do_and_cancelling_ends_them()
    {
        ScriptedModel model = Saying(string.Concat(Enumerable.Repeat("a b ", 100)));
        using IChatClient client = new LoraChatClient(model, _tokenizer);
        using var source = new CancellationTokenSource();
        int updates = 0;
        await Should.ThrowAsync<OperationCanceledException>(async () =>
        {
            await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync("Count.", cancellationToken: source.Token))
            {
                update.Text.ShouldNotBeEmpty();
                model.Said.ShouldBeLessThanOrEqualTo(++updates + 1);
                if (updates == 5)
                {
                    await source.CancelAsync();
                }
            }
        });
        updates.ShouldBe(5);
    }

    [Fact]
    public async Task A_real_model_answers_the_same_with_and_without_streaming()
    {
        var model = new LlamaForCausalLM(new LlamaConfig
        {
            VocabSize = _tokenizer.VocabularySize,
            HiddenSize = 8,
            IntermediateSize = 8,
            NumHiddenLayers = 1,
            NumAttentionHeads = 1,
            NumKeyValueHeads = 1,
            HeadDim = 8,
        });
        using IChatClient client = new LoraChatClient(model, _tokenizer);
        var options = new ChatOptions { Temperature = 1, Seed = 3, MaxOutputTokens = 20 };
        ChatResponse whole = await client.GetResponseAsync("Hello", options, Token);
        var parts = new List<string>();
        await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync("Hello", options, Token))
        {
            parts.Add(update.Text);
        }

        parts.Count.ShouldBeGreaterThan(3);
        string.Concat(parts).ShouldBe(whole.Text);
        (await client.GetResponseAsync("Hello", new ChatOptions { Temperature = 1, Seed = 4, MaxOutputTokens = 20 }, Token)).Text.ShouldNotBe(whole.Text);
    }

    [Fact]
    public void What_is_not_supported_is_named()
    {
        using IChatClient client = new LoraChatClient(Saying("x"), _tokenizer);
        void Refused(ChatOptions options, string name) =>
            Should.Throw<NotSupportedException>(() => client.GetStreamingResponseAsync("a", options, Token)).Message.ShouldContain(name);
        Refused(new ChatOptions { FrequencyPenalty = 0.5f }, "FrequencyPenalty");
        Refused(new ChatOptions { PresencePenalty = 0.5f }, "PresencePenalty");
        Refused(new ChatOptions { ResponseFormat = ChatResponseFormat.Json }, "ResponseFormat");
        Refused(new ChatOptions { ConversationId = "1" }, "ConversationId");
        Refused(new ChatOptions { Tools = [new HostedWebSearchTool()] }, "Tools");
        Refused(new ChatOptions { Reasoning = new ReasoningOptions() }, "Reasoning");
        using IChatClient named = new LoraChatClient(Saying("x"), _tokenizer, modelId: "river");
        Should.Throw<NotSupportedException>(() => named.GetStreamingResponseAsync("a", new ChatOptions { ModelId = "lake" }, Token)).Message.ShouldContain("'lake'");
        named.GetStreamingResponseAsync("a", new ChatOptions { ModelId = "river", ResponseFormat = ChatResponseFormat.Text, FrequencyPenalty = 0 }, Token).ShouldNotBeNull();
        var picture = new ChatMessage(ChatRole.User, [new TextContent("see"), new DataContent(new byte[] { 1 }, "image/png")]);
        Should.Throw<NotSupportedException>(() => client.GetStreamingResponseAsync([picture], cancellationToken: Token)).Message.ShouldContain("DataContent");
        Should.Throw<ArgumentException>(() => client.GetStreamingResponseAsync([], cancellationToken: Token));
        Should.Throw<ArgumentOutOfRangeException>(() => client.GetStreamingResponseAsync("a", new ChatOptions { TopP = 2 }, Token));
        Tokenizer plain = TokenizerGoldenTests.Load("gpt2");
        Should.Throw<ArgumentException>(() => new LoraChatClient(new ScriptedModel(plain.VocabularySize, []), plain)).Message.ShouldContain("ChatFormat");
    }

    [Fact]
    public void Services_are_what_the_client_is_made_of()
    {
        ScriptedModel model = Saying("x");
        using IChatClient client = new LoraChatClient(model, _tokenizer, modelId: "m");
        client.GetService<ChatClientMetadata>()!.DefaultModelId.ShouldBe("m");
        client.GetService<ICausalLanguageModel>().ShouldBe(model);
        client.GetService<Tokenizer>().ShouldBe(_tokenizer);
        client.GetService<IChatClient>().ShouldBe(client);
        client.GetService(typeof(IChatClient), "key").ShouldBeNull();
        client.GetService<string>().ShouldBeNull();
    }

    private ScriptedModel Saying(params string[] parts) =>
        new(_tokenizer.VocabularySize, [.. parts.SelectMany(part => _tokenizer.Encode(part, parseSpecialTokens: true))]);

    private Tokenizer ChatMl()
    {
        JsonNode json = JsonNode.Parse(File.ReadAllText(Path.Combine(TokenizerGoldenTests.PathOf("gpt2"), "tokenizer.json")))!;
        int id = TokenizerGoldenTests.Load("gpt2").VocabularySize;
        foreach (string content in (string[])["<|im_start|>", "<|im_end|>"])
        {
            json["added_tokens"]!.AsArray().Add(new JsonObject { ["id"] = id++, ["content"] = content, ["special"] = true });
        }

        File.WriteAllText(Path.Combine(_folder, "tokenizer.json"), json.ToJsonString());
        return Tokenizer.Load(_folder);
    }
}
