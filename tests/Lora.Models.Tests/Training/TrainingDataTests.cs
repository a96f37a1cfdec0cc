namespace Lora.Models.Tests;

/// <summary>Rows from files: what is read, and what of it is predicted.</summary>
public sealed class TrainingDataTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("lora-").FullName;
    private readonly Tokenizer _tokenizer = TokenizerGoldenTests.Load("llama2");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_text_is_cut_into_sequences_that_predict_every_token_but_the_first()
    {
        const string Text = "the river and the boats\nand the mill by the river";
        int[] tokens = _tokenizer.Encode(Text, addSpecialTokens: false);
        TrainingData data = Read("a.txt", Text, length: 4);
        data.Rows.Count.ShouldBe((tokens.Length + 2) / 4);
        data.Rows.SelectMany(row => row.Targets.ToArray()).ShouldBe(tokens[1..]);
        data.Rows.SelectMany(row => row.Tokens.ToArray()).ShouldBe(tokens[..^1]);
        data.PredictedTokens.ShouldBe(tokens.Length - 1);
        data.Notes.ShouldBeEmpty();
    }

    [Fact]
    public void Lines_with_text_begin_and_end_as_the_model_has_it()
    {
        TokenRow row = Read("a.jsonl", """{"text": "the river"}""" + "\n\n").Rows.ShouldHaveSingleItem();
        int[] tokens = [_tokenizer.BeginId!.Value, .. _tokenizer.Encode("the river", addSpecialTokens: false), _tokenizer.EndId!.Value];
        row.Tokens.ToArray().ShouldBe(tokens[..^1]);
        row.Targets.ToArray().ShouldBe(tokens[1..]);
    }

    [Fact]
    public void Of_prompt_and_completion_the_completion_alone_is_predicted()
    {
        TokenRow row = Read("a.jsonl", """{"prompt": "the river", "completion": " and the mill"}""").Rows.ShouldHaveSingleItem();
        int[] whole = [.. _tokenizer.Encode("the river and the mill"), _tokenizer.EndId!.Value];
        int given = _tokenizer.Encode("the river").Length;
        whole[..given].ShouldBe(_tokenizer.Encode("the river"));
        row.Tokens.ToArray().ShouldBe(whole[..^1]);
        row.Targets.ToArray().ShouldBe([.. Enumerable.Repeat(TokenRow.Ignored, given - 1), .. whole[given..]]);
        row.PredictedTokens.ShouldBe(whole.Length - given);
    }

    [Fact]
    public void Of_messages_the_assistants_are_predicted()
    {
        TrainingData data = Read("a.jsonl", """{"messages": [{"role": "user", "content": "the river"}, {"role": "assistant", "content": "the boats"}]}""");
        ChatTokens chat = ChatFormat.ChatMl.Encode(_tokenizer, [new("user", "the river"), new("assistant", "the boats")]);
        TokenRow row = data.Rows.ShouldHaveSingleItem();
        row.Tokens.ToArray().ShouldBe(chat.Tokens[..^1]);
        row.Targets.ToArray().ShouldBe(chat.Tokens.Select((token, i) => chat.IsAnswer[i] ? token : TokenRow.Ignored).Skip(1));
        data.Notes.ShouldHaveSingleItem().ShouldContain("written as ChatML");
    }

    [Fact]
    public void Tokens_are_taken_as_they_are_without_a_tokenizer()
    {
        TrainingData data = TrainingData.Read(
            Write("a.jsonl", """{"input_ids": [5, 4, 3, 2], "attention_mask": [1, 1, 1, 1]}""" + "\n" + """{"input_ids": [1, 2, 3], "labels": [-100, -100, 3]}"""),
            Model(),
            () => throw new InvalidOperationException("asked for"),
            sequenceLength: 2);
        data.Rows.Select(row => row.Tokens.ToArray()).ShouldBe([[5, 4, 3], [1, 2]]);
        data.Rows.Select(row => row.Targets.ToArray()).ShouldBe([[4, 3, 2], [-100, 3]]);
    }

    [Fact]
    public void Conversations_that_are_too_long_are_cut_off_and_left_out_where_nothing_remains()
    {
        TrainingData data = Read(
            "a.jsonl",
            """{"prompt": "the", "completion": " river and the boats and the mill"}""" + "\n" + """{"prompt": "the river and the boats and the mill", "completion": " the"}""",
            length: 4);
        data.Rows.ShouldHaveSingleItem().Tokens.Length.ShouldBe(4);
        data.Notes.ShouldBe(["2 of 2 rows were longer than 4 tokens and were cut off.", "1 rows were left out, since nothing that is to be predicted lies within their first 4 tokens."]);
    }

    [Theory]
    [InlineData("a.jsonl", "{\"text\": \"the\"}\n{\"text\": 3}", "line 2: text is no string")]
    [InlineData("a.jsonl", "{\"text\"", "line 1: not valid JSON")]
    [InlineData("a.jsonl", "[1, 2]", "a line is an object")]
    [InlineData("a.jsonl", "{\"words\": \"the\"}", "it has none of text, prompt with completion, messages, and input_ids, but words")]
    [InlineData("a.jsonl", "{\"input_ids\": [1, 500]}", "The token 500 is not of the model's vocabulary of 440")]
    [InlineData("a.jsonl", "{\"input_ids\": [1, 2.5]}", "input_ids is no list of whole numbers")]
    [InlineData("a.jsonl", "{\"input_ids\": [1]}", "two or more")]
    [InlineData("a.jsonl", "{\"input_ids\": [1, 2, 0], \"attention_mask\": [1, 1, 0]}", "attention_mask leaves tokens out")]
    [InlineData("a.jsonl", "{\"input_ids\": [1, 2, 3], \"labels\": [1, 2, 4]}", "a label is the token itself")]
    [InlineData("a.jsonl", "{\"messages\": [{\"role\": \"user\"}]}", "a message lacks content")]
    [InlineData("a.jsonl", "", "nothing to predict")]
    [InlineData("a.txt", "", "nothing to predict")]
    public void Malformed_files_are_refused_by_line(string name, string content, string message) =>
        Should.Throw<InvalidDataException>(() => Read(name, content)).Message.ShouldContain(message);

    [Fact]
    public void Other_files_and_lengths_are_refused()
    {
        Should.Throw<NotSupportedException>(() => Read("a.csv", "x")).Message.ShouldContain(".csv");
        Should.Throw<FileNotFoundException>(() => TrainingData.Read(Path.Combine(_folder, "none.txt"), Model(), () => _tokenizer)).Message.ShouldContain("none.txt");
        Should.Throw<ArgumentException>(() => Read("a.txt", "the", length: 65)).Message.ShouldContain("1 to 64");
        Should.Throw<InvalidDataException>(() => Read("a.jsonl", $$"""{"input_ids": [{{string.Join(", ", Enumerable.Repeat(1, 66))}}]}""")).Message.ShouldContain("65 at most");
    }

    private TrainingData Read(string name, string content, int? length = null) => TrainingData.Read(Write(name, content), Model(), () => _tokenizer, length);

    private string Write(string name, string content)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllText(path, content);
        return path;
    }

    // Nothing of it but its sizes is asked for.
    private static LlamaForCausalLM Model() => new(new LlamaConfig
    {
        VocabSize = 440,
        HiddenSize = 8,
        IntermediateSize = 8,
        NumHiddenLayers = 1,
        NumAttentionHeads = 1,
        NumKeyValueHeads = 1,
        HeadDim = 8,
        MaxPositionEmbeddings = 64,
    });
}
