using System.Text.Json;

namespace Lora.Models;

/// <summary>Reads a <c>tokenizer.json</c>; whatever it asks for that would give other tokens is refused by name.</summary>
internal sealed class TokenizerJsonReader
{
    private const string SpaceMark = "\u2581";
    private const int LargestVocabulary = 1 << 24;

    private readonly TokenizerJson _json;
    private readonly SpecialTokenNames _names;
    private readonly Dictionary<string, int> _ids;

    public TokenizerJsonReader(ReadOnlySpan<byte> utf8Json, SpecialTokenNames names)
    {
        _json = JsonSerializer.Deserialize(utf8Json, TokenizerJsonContext.Default.TokenizerJson) ?? throw new InvalidDataException("it is empty");
        _names = names;
        string type = Type;
        _ids = type is "BPE" or "WordPiece" ? Vocabulary(_json.Model.Vocab) : throw new NotSupportedException($"its model is {type}; BPE and WordPiece are read");
    }

    private string Type => _json.Model.Type ?? (_json.Model.Merges is null ? "absent" : "BPE");

    public Tokenizer Read()
    {
        TokenizerModel model = Type == "WordPiece" ? ReadWordPiece() : _json.Model.ByteFallback ? ReadSentencePieceBpe() : ReadByteLevelBpe();
        AddedToken[] added = [.. (_json.AddedTokens ?? []).Select(ReadAdded)];
        bool hasNames = _names.Begin is not null || _names.End is not null;
        SpecialTokenNames names = hasNames || !_json.Model.ByteFallback ? _names : _names with { Begin = "<s>", End = "</s>" };
        return new Tokenizer(model, new AddedTokens(added), new TokenTemplateReader(_json.PostProcessor).Read(), names);
    }

    private static Dictionary<string, int> Vocabulary(JsonElement element)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw new InvalidDataException("its vocabulary is not an object of ids by pieces");
        }

        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (JsonProperty piece in element.EnumerateObject())
        {
            if (piece.Value.ValueKind != JsonValueKind.Number || !piece.Value.TryGetInt32(out int id) || id is < 0 or >= LargestVocabulary)
            {
                throw new InvalidDataException($"the id of the piece '{piece.Name}' is {piece.Value.GetRawText()}");
            }

            ids[piece.Name] = id;
        }

        return ids.Values.Distinct().Count() == ids.Count ? ids : throw new InvalidDataException("two pieces of its vocabulary have one id");
    }

    private static AddedToken ReadAdded(TokenizerJson.AddedTokenJson token)
    {
        if (token.Id is < 0 or >= LargestVocabulary)
        {
            throw new InvalidDataException($"the id of the added token '{token.Content}' is {token.Id}");
        }

        return token.SingleWord
            ? throw new NotSupportedException($"the added token '{token.Content}' asks for single_word")
            : new AddedToken(token.Id, token.Content, token.Special, token.Lstrip, token.Rstrip);
    }

    private ByteLevelBpe ReadByteLevelBpe()
    {
        RequireNoAffixes();
        var splitter = new WordSplitter(_json.PreTokenizer);
        if (!splitter.IsByteLevel)
        {
            throw new NotSupportedException("its BPE is neither over bytes (pre_tokenizer ByteLevel) nor with byte_fallback");
        }

        if (!ByteLevelBpe.HasAllBytes(_ids))
        {
            throw new InvalidDataException("its vocabulary lacks some of the 256 bytes");
        }

        string[] merges = [.. Merges().Select(merge => $"{Known(merge.Left)} {Known(merge.Right)}")];
        return new ByteLevelBpe(_ids, merges, new TextNormalizer(_json.Normalizer).Apply, splitter.Split, _json.Model.IgnoreMerges);
    }

    private SentencePieceBpe ReadSentencePieceBpe()
    {
        RequireNoAffixes();
        RequireNoHoles();
        return new SentencePieceBpe(_ids, Merges().Select((merge, rank) => (merge.Left, merge.Right, rank)), SpaceInFront());
    }

    private WordPiece ReadWordPiece()
    {
        RequireNoHoles();
        string type = Components.TypeOf(_json.PreTokenizer);
        if (type != "BertPreTokenizer")
        {
            throw new NotSupportedException($"its pre_tokenizer is {type}; for WordPiece only BertPreTokenizer is read");
        }

        if (_json.Normalizer is not { ValueKind: JsonValueKind.Object } normalizer || Components.TypeOf(normalizer) != "BertNormalizer")
        {
            throw new NotSupportedException($"its normalizer is {Components.TypeOf(_json.Normalizer)}; for WordPiece only BertNormalizer is read");
        }

        if (!Components.Flag(normalizer, "clean_text", absent: true))
        {
            throw new NotSupportedException("its normalizer has clean_text false");
        }

        bool lowercase = Components.Flag(normalizer, "lowercase", absent: true);
        bool cleansUp = _json.Decoder is { ValueKind: JsonValueKind.Object } decoder && Components.Flag(decoder, "cleanup", absent: true);
        var words = new BertWords(
            lowercase, Components.Flag(normalizer, "strip_accents", absent: lowercase), Components.Flag(normalizer, "handle_chinese_chars", absent: true));
        return new WordPiece(_ids, new WordPieceOptions(
            words, _json.Model.ContinuingSubwordPrefix ?? "##", Known(_json.Model.UnkToken ?? "[UNK]"), _json.Model.MaxInputCharsPerWord ?? 100, cleansUp));
    }

    // SentencePiece's way as older files say it by a normalizer, and newer ones by a pre-tokenizer.
    private SpaceInFront SpaceInFront()
    {
        string normalizer = Components.TextOf(_json.Normalizer);
        const string Replace = $$"""{"type":"Replace","pattern":{"String":" "},"content":"{{SpaceMark}}"}""";
        const string PrependAndReplace = $$"""{"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"{{SpaceMark}}"},{{Replace}}]}""";
        if (_json.PreTokenizer is { ValueKind: JsonValueKind.Object } splitter)
        {
            string scheme = splitter.TryGetProperty("prepend_scheme", out JsonElement given) ? given.ToString()
                : Components.Flag(splitter, "add_prefix_space", absent: true) ? "always" : "never";
            bool isRead = Components.TypeOf(splitter) == "Metaspace" && !Components.Flag(splitter, "split", absent: true)
                && splitter.TryGetProperty("replacement", out JsonElement replacement) && replacement.ToString() == SpaceMark
                && normalizer == "null" && scheme is "always" or "first" or "never";
            return isRead ? new SpaceInFront(scheme != "never", scheme == "always", Doubles: false) : throw new NotSupportedException(
                $"its BPE with byte_fallback splits texts by {Components.TextOf(splitter)} after the normalizer {normalizer}; SentencePiece's way alone is read");
        }

        return normalizer switch
        {
            PrependAndReplace => new SpaceInFront(First: true, Later: true, Doubles: true),
            Replace => default,
            _ => throw new NotSupportedException(
                $"its BPE with byte_fallback normalizes texts by {normalizer}; SentencePiece's way alone is read: a space in front, and U+2581 for every space"),
        };
    }

    private IEnumerable<(string Left, string Right)> Merges()
    {
        int rank = 0;
        foreach (JsonElement merge in _json.Model.Merges ?? throw new InvalidDataException("it has no merges"))
        {
            string[] parts = merge.ValueKind switch
            {
                JsonValueKind.String => merge.GetString()!.Split(' '),
                JsonValueKind.Array => [.. merge.EnumerateArray().Select(part => part.ValueKind == JsonValueKind.String ? part.GetString()! : "")],
                _ => [],
            };
            yield return parts is [{ Length: > 0 } left, { Length: > 0 } right]
                ? (left, right)
                : throw new InvalidDataException($"its merge {rank} is {merge.GetRawText()}; a merge is two pieces");
            rank++;
        }
    }

    private string Known(string piece) => _ids.ContainsKey(piece) ? piece : throw new InvalidDataException($"the vocabulary lacks the piece '{piece}'");

    private void RequireNoAffixes()
    {
        if (!string.IsNullOrEmpty(_json.Model.ContinuingSubwordPrefix) || !string.IsNullOrEmpty(_json.Model.EndOfWordSuffix))
        {
            throw new NotSupportedException("its BPE has continuing_subword_prefix or end_of_word_suffix");
        }
    }

    private void RequireNoHoles()
    {
        if (_ids.Count == 0 || _ids.Values.Max() != _ids.Count - 1)
        {
            throw new InvalidDataException($"the {_ids.Count} token ids of its vocabulary are not 0 to {_ids.Count - 1}");
        }
    }
}
