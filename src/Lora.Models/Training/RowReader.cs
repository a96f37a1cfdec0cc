using System.Text.Json;

namespace Lora.Models;

/// <summary>Makes rows of texts, conversations and tokens.</summary>
internal sealed class RowReader(ICausalLanguageModel model, Lazy<Tokenizer> tokenizer, int sequenceLength)
{
    private const string InputIds = "input_ids";

    private readonly List<TokenRow> _rows = [];
    private ChatFormat? _format;
    private int _cut;
    private int _leftOut;

    public IReadOnlyList<TokenRow> Rows => _rows;

    public IReadOnlyList<string> Notes
    {
        get
        {
            List<string> notes = [];
            if (_format is not null && ChatFormat.Of(tokenizer.Value) is null)
            {
                notes.Add($"The tokenizer has no chat format that is known: messages are written as {_format.Name}.");
            }

            if (_cut > 0)
            {
                notes.Add($"{_cut} of {_rows.Count + _leftOut} rows were longer than {sequenceLength} tokens and were cut off.");
            }

            if (_leftOut > 0)
            {
                notes.Add($"{_leftOut} rows were left out, since nothing that is to be predicted lies within their first {sequenceLength} tokens.");
            }

            return notes;
        }
    }

    /// <summary>A whole text: no token is added to it.</summary>
    public void AddText(string text) => AddPieces(tokenizer.Value.Encode(text, addSpecialTokens: false));

    public void AddObject(JsonElement row)
    {
        if (row.ValueKind != JsonValueKind.Object)
        {
            throw new InvalidDataException("a line is an object, such as {\"text\": \"…\"}.");
        }

        if (row.TryGetProperty(InputIds, out JsonElement ids))
        {
            AddIds(row, ids);
        }
        else if (row.TryGetProperty("messages", out JsonElement messages))
        {
            AddMessages(messages);
        }
        else if (row.TryGetProperty("prompt", out JsonElement prompt) && row.TryGetProperty("completion", out JsonElement completion))
        {
            AddCompletion(Text("prompt", prompt), Text("completion", completion));
        }
        else if (row.TryGetProperty("text", out JsonElement text))
        {
            AddPieces(WithEnd(tokenizer.Value.Encode(Text("text", text))));
        }
        else
        {
            string there = string.Join(", ", row.EnumerateObject().Select(property => property.Name));
            throw new InvalidDataException($"it has none of text, prompt with completion, messages, and {InputIds}, but {(there.Length == 0 ? "nothing" : there)}.");
        }
    }

    // Each piece predicts sequenceLength tokens, and begins with the last token of the one before.
    private void AddPieces(ReadOnlySpan<int> tokens)
    {
        for (int begin = 0; begin < tokens.Length - 1; begin += sequenceLength)
        {
            _rows.Add(new TokenRow(tokens[begin..Math.Min(tokens.Length, begin + sequenceLength + 1)]));
        }
    }

    private void AddIds(JsonElement row, JsonElement ids)
    {
        int[] tokens = Ids(InputIds, ids);
        int[] labels = row.TryGetProperty("labels", out JsonElement given) ? Ids("labels", given) : tokens;
        if (row.TryGetProperty("attention_mask", out JsonElement mask) && Ids("attention_mask", mask).Contains(0))
        {
            throw new InvalidDataException("attention_mask leaves tokens out: leave them out of input_ids instead; rows need not be of one length.");
        }

        for (int i = 0; i < Math.Min(labels.Length, tokens.Length); i++)
        {
            if (labels[i] != TokenRow.Ignored && labels[i] != tokens[i])
            {
                throw new InvalidDataException($"labels has {labels[i]} where {InputIds} has {tokens[i]}: a label is the token itself, or {TokenRow.Ignored}.");
            }
        }

        var made = new TokenRow(tokens, labels);
        made.CheckFits(model);
        _rows.Add(made);
    }

    private void AddMessages(JsonElement messages)
    {
        if (messages.ValueKind != JsonValueKind.Array)
        {
            throw new InvalidDataException("messages is no list.");
        }

        ChatTurn[] turns = [.. messages.EnumerateArray().Select(message => message.ValueKind == JsonValueKind.Object
            ? new ChatTurn(Text("role", Member(message, "role")), Text("content", Member(message, "content")))
            : throw new InvalidDataException("a message is an object with role and content."))];
        _format ??= ChatFormat.Of(tokenizer.Value) ?? ChatFormat.ChatMl;
        ChatTokens chat = _format.Encode(tokenizer.Value, turns);
        Add(chat.Tokens, [.. chat.Tokens.Select((token, i) => chat.IsAnswer[i] ? token : TokenRow.Ignored)]);
    }

    private void AddCompletion(string prompt, string completion)
    {
        // The two are written as one text, as the model will see them; what begins as the prompt alone does is the prompt.
        int[] tokens = WithEnd(tokenizer.Value.Encode(prompt + completion));
        int given = tokens.AsSpan().CommonPrefixLength(tokenizer.Value.Encode(prompt));
        int[] labels = [.. tokens];
        labels.AsSpan(0, given).Fill(TokenRow.Ignored);
        Add(tokens, labels);
    }

    private void Add(int[] tokens, int[] labels)
    {
        if (tokens.Length > sequenceLength + 1)
        {
            _cut++;
            tokens = tokens[..(sequenceLength + 1)];
            labels = labels[..(sequenceLength + 1)];
        }

        if (tokens.Length < 2 || labels.AsSpan(1).Count(TokenRow.Ignored) == labels.Length - 1)
        {
            _leftOut++;
            return;
        }

        _rows.Add(new TokenRow(tokens, labels));
    }

    private int[] WithEnd(int[] tokens)
    {
        int? end = tokenizer.Value.EndId ?? (model.EosTokenIds is [int first, ..] ? first : null);
        return end is { } id && (tokens.Length == 0 || tokens[^1] != id) ? [.. tokens, id] : tokens;
    }

    private static JsonElement Member(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out JsonElement value) ? value : throw new InvalidDataException($"a message lacks {name}.");

    private static string Text(string name, JsonElement value) =>
        value.ValueKind == JsonValueKind.String ? value.GetString()! : throw new InvalidDataException($"{name} is no string.");

    private static int[] Ids(string name, JsonElement value) =>
        value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(id => id.ValueKind == JsonValueKind.Number && id.TryGetInt32(out _))
            ? [.. value.EnumerateArray().Select(id => id.GetInt32())]
            : throw new InvalidDataException($"{name} is no list of whole numbers.");
}
