using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Lora.Models;

/// <summary>
/// Byte-pair encoding over whole texts with byte fallback, as SentencePiece makes it for Llama 1 and 2, read from a <c>tokenizer.json</c>
/// (Sennrich et al. 2016, "Neural Machine Translation of Rare Words with Subword Units"; Kudo and Richardson 2018, "SentencePiece").
/// </summary>
/// <remarks>
/// Texts come back from their tokens byte for byte: a character that the vocabulary lacks is written as its UTF-8 bytes, and so is
/// U+2581, which the vocabulary uses for the space. Names of special tokens inside a text are text.
/// Microsoft.ML.Tokenizers does not serve here: its SentencePiece tokenizer reads <c>tokenizer.model</c> alone, its BPE has no byte fallback,
/// and U+2581 would come back as a space.
/// </remarks>
public sealed class BpeTokenizer
{
    private const string SpaceMark = "\u2581";

    private readonly Dictionary<string, int> _ids;
    private readonly Dictionary<(int Left, int Right), Merge> _merges;
    private readonly byte[][] _pieces;
    private readonly bool[] _isSpecial;
    private readonly int[] _byteIds;
    private readonly int _space;

    private BpeTokenizer(TokenizerJson json, string source)
    {
        Refuse(json, source);
        _ids = new Dictionary<string, int>(json.Model.Vocab, StringComparer.Ordinal);
        VocabularySize = CountOf(json, source);
        _pieces = new byte[VocabularySize][];
        _isSpecial = new bool[VocabularySize];
        _byteIds = new int[256];
        foreach ((string piece, int id) in _ids)
        {
            _pieces[id] = Encoding.UTF8.GetBytes(piece.Replace(SpaceMark, " ", StringComparison.Ordinal));
        }

        for (int value = 0; value < 256; value++)
        {
            int id = IdOf(string.Create(CultureInfo.InvariantCulture, $"<0x{value:X2}>"), source);
            _byteIds[value] = id;
            _pieces[id] = [(byte)value];
        }

        foreach (TokenizerJson.AddedToken token in json.AddedTokens ?? [])
        {
            _isSpecial[token.Id] = token.Special;
            _pieces[token.Id] ??= Encoding.UTF8.GetBytes(token.Content);
            _ids.TryAdd(token.Content, token.Id);
        }

        _space = IdOf(SpaceMark, source);
        BeginId = IdOf("<s>", source);
        EndId = IdOf("</s>", source);
        _merges = ReadMerges(json.Model.Merges, source);
    }

    /// <summary>One more than the largest token id.</summary>
    public int VocabularySize { get; }

    /// <summary>The token that begins a text, <c>&lt;s&gt;</c>.</summary>
    public int BeginId { get; }

    /// <summary>The token that ends a text, <c>&lt;/s&gt;</c>.</summary>
    public int EndId { get; }

    /// <summary>Reads <c>tokenizer.json</c> of a model folder.</summary>
    /// <param name="directory">The folder.</param>
    /// <exception cref="FileNotFoundException">The folder has no such file.</exception>
    /// <exception cref="InvalidDataException">The file is damaged, or is of another kind of tokenizer.</exception>
    public static BpeTokenizer Load(string directory)
    {
        string path = Path.Combine(directory, "tokenizer.json");
        byte[] bytes = File.ReadAllBytes(path);
        try
        {
            TokenizerJson json = JsonSerializer.Deserialize(bytes, TokenizerJsonContext.Default.TokenizerJson)
                ?? throw new InvalidDataException($"'{path}' is empty.");
            return new BpeTokenizer(json, path);
        }
        catch (JsonException fault)
        {
            throw new InvalidDataException($"'{path}' is not a tokenizer.json: {fault.Message}", fault);
        }
    }

    /// <summary>The tokens of a text.</summary>
    /// <param name="text">Any text. Unpaired surrogates become U+FFFD.</param>
    /// <param name="addBegin">Whether <see cref="BeginId"/> comes first.</param>
    public int[] Encode(string text, bool addBegin = true)
    {
        ArgumentNullException.ThrowIfNull(text);
        List<int> symbols = [];
        if (text.Length > 0)
        {
            symbols.Add(_space);
        }

        AddCharacters(text, symbols);
        return MergeAll([.. symbols], addBegin);
    }

    /// <summary>The text of tokens, without special ones and the space that encoding puts in front. Bytes that are not UTF-8 become U+FFFD.</summary>
    /// <param name="tokens">The tokens.</param>
    /// <exception cref="ArgumentOutOfRangeException">A token is not of this vocabulary.</exception>
    public string Decode(ReadOnlySpan<int> tokens) => Encoding.UTF8.GetString(DecodeBytes(tokens));

    /// <summary>The UTF-8 bytes of tokens, without special ones and the space that encoding puts in front.</summary>
    /// <param name="tokens">The tokens.</param>
    /// <exception cref="ArgumentOutOfRangeException">A token is not of this vocabulary.</exception>
    public byte[] DecodeBytes(ReadOnlySpan<int> tokens)
    {
        var bytes = new ArrayBufferWriter<byte>();
        foreach (int token in tokens)
        {
            if ((uint)token >= (uint)VocabularySize)
            {
                throw new ArgumentOutOfRangeException(nameof(tokens), token, $"Token {token} is not of a vocabulary of {VocabularySize}.");
            }

            if (!_isSpecial[token])
            {
                bytes.Write(_pieces[token]);
            }
        }

        ReadOnlySpan<byte> written = bytes.WrittenSpan;
        return written is [(byte)' ', ..] ? written[1..].ToArray() : written.ToArray();
    }

    private static void Refuse(TokenizerJson json, string source)
    {
        if (json.Model.Type is not (null or "BPE") || !json.Model.ByteFallback)
        {
            throw new InvalidDataException(
                $"'{source}' is a '{json.Model.Type}' tokenizer {(json.Model.ByteFallback ? "" : "without byte fallback")}; only BPE with byte fallback is read.");
        }

        if (json.PreTokenizer is { ValueKind: not JsonValueKind.Null } splitter)
        {
            throw new InvalidDataException(
                $"'{source}' splits texts by a pre-tokenizer ({Describe(splitter)}); only SentencePiece-style files, which do not, are read.");
        }

        string normalizer = json.Normalizer is { } element ? Describe(element) : "null";
        if (normalizer != $$"""{"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"{{SpaceMark}}"},{"type":"Replace","pattern":{"String":" "},"content":"{{SpaceMark}}"}]}""")
        {
            throw new InvalidDataException(
                $"'{source}' normalizes texts by {normalizer}; only SentencePiece's way is read: a space in front, and U+2581 for every space.");
        }
    }

    private static int CountOf(TokenizerJson json, string source)
    {
        int[] ids = [.. json.Model.Vocab.Values.Concat(json.AddedTokens?.Select(token => token.Id) ?? []).Distinct().Order()];
        return ids.Length > 0 && ids[0] == 0 && ids[^1] == ids.Length - 1
            ? ids.Length
            : throw new InvalidDataException($"The {ids.Length} token ids of '{source}' are not 0 to {ids.Length - 1}.");
    }

    private static string Describe(JsonElement element)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            element.WriteTo(writer);
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private Dictionary<(int Left, int Right), Merge> ReadMerges(IReadOnlyList<JsonElement> entries, string source)
    {
        var merges = new Dictionary<(int Left, int Right), Merge>(entries.Count);
        for (int rank = 0; rank < entries.Count; rank++)
        {
            (string left, string right) = PartsOf(entries[rank]) ?? throw new InvalidDataException(
                $"Merge {rank} of '{source}' is {entries[rank]}; a merge is two pieces.");
            merges.TryAdd((IdOf(left, source), IdOf(right, source)), new Merge(rank, IdOf(left + right, source)));
        }

        return merges;
    }

    private static (string Left, string Right)? PartsOf(JsonElement merge)
    {
        string[] parts = merge.ValueKind switch
        {
            JsonValueKind.String => merge.GetString()!.Split(' '),
            JsonValueKind.Array => [.. merge.EnumerateArray().Select(part => part.ValueKind == JsonValueKind.String ? part.GetString()! : "")],
            _ => [],
        };
        return parts is [{ Length: > 0 } left, { Length: > 0 } right] ? (left, right) : null;
    }

    private int IdOf(string piece, string source) =>
        _ids.TryGetValue(piece, out int id) ? id : throw new InvalidDataException($"The vocabulary of '{source}' lacks the piece '{piece}'.");

    private void AddCharacters(string text, List<int> symbols)
    {
        Span<byte> utf8 = stackalloc byte[4];
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (rune.Value == ' ')
            {
                symbols.Add(_space);
            }
            else if (rune.Value != SpaceMark[0] && _ids.TryGetValue(rune.ToString(), out int id))
            {
                symbols.Add(id);
            }
            else
            {
                int length = rune.EncodeToUtf8(utf8);
                foreach (byte value in utf8[..length])
                {
                    symbols.Add(_byteIds[value]);
                }
            }
        }
    }

    // Merges the pair of the lowest rank, the leftmost of equals, until no pair merges. Symbols form a list by their neighbours' positions;
    // an entry of the queue is stale where a neighbour has changed since.
    private int[] MergeAll(int[] symbols, bool addBegin)
    {
        int[] next = new int[symbols.Length];
        int[] previous = new int[symbols.Length];
        var queue = new PriorityQueue<(int Left, int Right, int LeftId, int RightId), (int Rank, int Position)>();
        for (int i = 0; i < symbols.Length; i++)
        {
            previous[i] = i - 1;
            next[i] = i + 1;
            Consider(i - 1, i);
        }

        int count = symbols.Length;
        while (queue.TryDequeue(out (int Left, int Right, int LeftId, int RightId) pair, out _))
        {
            if (symbols[pair.Left] != pair.LeftId || symbols[pair.Right] != pair.RightId || next[pair.Left] != pair.Right)
            {
                continue;
            }

            symbols[pair.Left] = _merges[(pair.LeftId, pair.RightId)].Id;
            symbols[pair.Right] = -1;
            int after = next[pair.Right];
            next[pair.Left] = after;
            if (after < symbols.Length)
            {
                previous[after] = pair.Left;
            }

            count--;
            Consider(previous[pair.Left], pair.Left);
            Consider(pair.Left, after);
        }

        int[] tokens = new int[count + (addBegin ? 1 : 0)];
        int position = 0;
        if (addBegin)
        {
            tokens[position++] = BeginId;
        }

        for (int i = 0; i < symbols.Length; i = next[i])
        {
            tokens[position++] = symbols[i];
        }

        return tokens;

        void Consider(int left, int right)
        {
            if (left >= 0 && right < symbols.Length && _merges.TryGetValue((symbols[left], symbols[right]), out Merge merge))
            {
                queue.Enqueue((left, right, symbols[left], symbols[right]), (merge.Rank, left));
            }
        }
    }

    private readonly record struct Merge(int Rank, int Id);
}
