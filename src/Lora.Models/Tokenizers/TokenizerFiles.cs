using System.Text.Json;
using Microsoft.ML.Tokenizers;

namespace Lora.Models;

/// <summary>Finds the tokenizer of a folder, and reads it.</summary>
internal static class TokenizerFiles
{
    private const string JsonName = "tokenizer.json";
    private const string SentencePieceName = "tokenizer.model";

    public static Tokenizer Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string file = Directory.Exists(path) ? FindIn(path) : path;
        if (!File.Exists(file))
        {
            throw new FileNotFoundException($"There is no tokenizer '{file}'.", file);
        }

        try
        {
            return Path.GetExtension(file) switch
            {
                ".json" => new TokenizerJsonReader(File.ReadAllBytes(file), NamesOf(file)).Read(),
                ".model" => ReadSentencePiece(file),
                ".bin" => Llama2cTokenizer.Read(File.ReadAllBytes(file)),
                string other => throw new NotSupportedException($"a file that ends in '{other}' is none of tokenizer.json, tokenizer.model and tok*.bin"),
            };
        }
        catch (Exception fault) when (fault is InvalidDataException or JsonException or InvalidOperationException)
        {
            throw new InvalidDataException($"The tokenizer '{file}' is damaged: {fault.Message.TrimEnd('.')}.", fault);
        }
        catch (NotSupportedException fault)
        {
            throw new NotSupportedException($"The tokenizer '{file}' is not supported: {fault.Message.TrimEnd('.')}.", fault);
        }
    }

    private static string FindIn(string folder)
    {
        string[] candidates = [Path.Combine(folder, JsonName), Path.Combine(folder, SentencePieceName), .. Directory.GetFiles(folder, "tok*.bin").Order(StringComparer.Ordinal)];
        return candidates.FirstOrDefault(File.Exists) ?? throw new FileNotFoundException(
            $"There is no tokenizer in '{folder}': neither {JsonName} nor {SentencePieceName} nor tok*.bin.", candidates[0]);
    }

    private static Tokenizer ReadSentencePiece(string file)
    {
        byte[] bytes = File.ReadAllBytes(file);
        SentencePieceTokenizer tokenizer;
        bool hasRightBytes;
        try
        {
            using var stream = new MemoryStream(bytes);
            tokenizer = SentencePieceTokenizer.Create(stream, addBeginningOfSentence: false, addEndOfSentence: false);

            // Of unigram models with byte fallback the library makes other tokens than SentencePiece.
            hasRightBytes = !tokenizer.ByteFallback || (tokenizer.Vocabulary.TryGetValue(ByteFallback.PieceOf(0xF3), out int first)
                && tokenizer.EncodeToIds("\U000F0000", addBeginningOfSentence: false, addEndOfSentence: false).Contains(first));
        }
        catch (Exception fault)
        {
            // The library's readers fail on damaged files in ways of their own: by parsers, indices, casts.
            throw new InvalidDataException($"it is no SentencePiece model ({fault.Message})", fault);
        }

        if (!hasRightBytes)
        {
            throw new NotSupportedException("it is a unigram model with byte fallback; BPE is read");
        }

        JsonElement? config = ConfigOf(file);
        bool begins = config?.TryGetProperty("add_bos_token", out JsonElement adds) != true || adds.ValueKind != JsonValueKind.False;
        int begin = tokenizer.BeginningOfSentenceId;
        AddedToken[] added = [.. ControlsOf(tokenizer).Select(pair => new AddedToken(pair.Id, pair.Piece, IsSpecial: true, StripsLeft: false, StripsRight: false))];
        TokenTemplate template = begins && begin >= 0
            ? new TokenTemplate([TokenTemplate.Part.Special(begin), TokenTemplate.Part.First], [TokenTemplate.Part.Special(begin), TokenTemplate.Part.First, TokenTemplate.Part.Second])
            : TokenTemplate.None;
        SpecialTokenNames names = NamesOf(file);
        return new Tokenizer(
            new SentencePieceModel(tokenizer), new AddedTokens(added), template,
            names with { Begin = names.Begin ?? tokenizer.BeginningOfSentenceToken, End = names.End ?? tokenizer.EndOfSentenceToken });
    }

    private static IEnumerable<(string Piece, int Id)> ControlsOf(SentencePieceTokenizer tokenizer)
    {
        (string? Piece, int Id)[] controls =
        [
            (tokenizer.UnknownToken, tokenizer.UnknownId), (tokenizer.BeginningOfSentenceToken, tokenizer.BeginningOfSentenceId),
            (tokenizer.EndOfSentenceToken, tokenizer.EndOfSentenceId),
        ];
        return controls.Where(control => control.Piece is { Length: > 0 } && control.Id >= 0).Select(control => (control.Piece!, control.Id));
    }

    private static SpecialTokenNames NamesOf(string file)
    {
        string template = Path.Combine(Path.GetDirectoryName(file)!, "chat_template.jinja");
        string? chat = File.Exists(template) ? File.ReadAllText(template) : null;
        return ConfigOf(file) is { } config
            ? new SpecialTokenNames(Name(config, "bos_token"), Name(config, "eos_token"), Name(config, "pad_token"), chat ?? ChatTemplate(config))
            : new SpecialTokenNames(null, null, null, chat);
    }

    private static JsonElement? ConfigOf(string file)
    {
        string path = Path.Combine(Path.GetDirectoryName(file)!, "tokenizer_config.json");
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
            return document.RootElement.ValueKind == JsonValueKind.Object ? document.RootElement.Clone() : throw new InvalidDataException($"'{path}' is not a JSON object");
        }
        catch (JsonException fault)
        {
            throw new InvalidDataException($"'{path}' is not valid JSON: {fault.Message}", fault);
        }
    }

    private static string? Name(JsonElement config, string setting) => config.TryGetProperty(setting, out JsonElement value)
        ? value.ValueKind switch
        {
            JsonValueKind.String => value.GetString(),
            JsonValueKind.Object when value.TryGetProperty("content", out JsonElement content) && content.ValueKind == JsonValueKind.String => content.GetString(),
            _ => null,
        }
        : null;

    private static string? ChatTemplate(JsonElement config)
    {
        if (!config.TryGetProperty("chat_template", out JsonElement template))
        {
            return null;
        }

        if (template.ValueKind == JsonValueKind.Array)
        {
            template = template.EnumerateArray().FirstOrDefault(named =>
                named.ValueKind == JsonValueKind.Object && named.TryGetProperty("name", out JsonElement name) && name.ToString() == "default");
            template = template.ValueKind == JsonValueKind.Object && template.TryGetProperty("template", out JsonElement text) ? text : default;
        }

        return template.ValueKind == JsonValueKind.String ? template.GetString() : null;
    }
}
