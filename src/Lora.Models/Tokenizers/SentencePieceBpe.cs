using System.Buffers;
using System.Text;

namespace Lora.Models;

/// <summary>Where a space is put in front of a text.</summary>
/// <param name="First">Before the text.</param>
/// <param name="Later">Before what follows a special token.</param>
/// <param name="Doubles">Whether also before a space that is there.</param>
internal readonly record struct SpaceInFront(bool First, bool Later, bool Doubles);

/// <summary>
/// Byte-pair encoding over whole texts with byte fallback, as SentencePiece makes it for Llama 1 and 2
/// (Sennrich et al. 2016, "Neural Machine Translation of Rare Words with Subword Units"; Kudo and Richardson 2018, "SentencePiece").
/// </summary>
/// <remarks>
/// Texts come back from their tokens byte for byte: a character that the vocabulary lacks is written as its UTF-8 bytes, and so is
/// U+2581, which the vocabulary uses for the space. Microsoft.ML.Tokenizers does not serve here: it has no byte fallback but for <c>tokenizer.model</c>.
/// </remarks>
internal sealed class SentencePieceBpe : TokenizerModel
{
    private const string SpaceMark = "\u2581";

    private readonly IReadOnlyDictionary<string, int> _ids;
    private readonly Dictionary<(int Left, int Right), Merge> _merges = [];
    private readonly byte[][] _pieces;
    private readonly int[] _byteIds = new int[256];
    private readonly int _space;
    private readonly SpaceInFront _inFront;

    /// <summary>Creates the model of a vocabulary.</summary>
    /// <param name="ids">The ids of the pieces, from 0 on without a hole, with U+2581 for the space.</param>
    /// <param name="merges">The pairs of pieces that merge, with their rank: lower ones first, the leftmost of equals.</param>
    /// <param name="inFront">Where a space is put in front.</param>
    /// <exception cref="InvalidDataException">A piece is missing.</exception>
    public SentencePieceBpe(IReadOnlyDictionary<string, int> ids, IEnumerable<(string Left, string Right, int Rank)> merges, SpaceInFront inFront)
    {
        _ids = ids;
        _inFront = inFront;
        _pieces = new byte[ids.Count][];
        foreach ((string piece, int id) in ids)
        {
            _pieces[id] = Encoding.UTF8.GetBytes(piece.Replace(SpaceMark, " ", StringComparison.Ordinal));
        }

        for (int value = 0; value < 256; value++)
        {
            int id = Required(ByteFallback.PieceOf((byte)value));
            _byteIds[value] = id;
            _pieces[id] = [(byte)value];
        }

        _space = Required(SpaceMark);
        foreach ((string left, string right, int rank) in merges)
        {
            _merges.TryAdd((Required(left), Required(right)), new Merge(rank, Required(left + right)));
        }
    }

    public override int VocabularySize => _pieces.Length;

    public override bool StripsLeadingSpace => _inFront.First;

    public override int? IdOf(string piece) => _ids.TryGetValue(piece, out int id) ? id : null;

    public override void Encode(string text, PartStart start, List<int> tokens)
    {
        List<int> symbols = [];
        bool isInFront = start == PartStart.First ? _inFront.First : start == PartStart.AfterAdded && _inFront.Later;
        if (isInFront && (_inFront.Doubles || text is not [' ', ..]))
        {
            symbols.Add(_space);
        }

        AddCharacters(text, symbols);
        MergeAll([.. symbols], tokens);
    }

    public override void Decode(ReadOnlySpan<int> tokens, IBufferWriter<byte> utf8)
    {
        foreach (int token in tokens)
        {
            utf8.Write(_pieces[token]);
        }
    }

    private int Required(string piece) =>
        _ids.TryGetValue(piece, out int id) ? id : throw new InvalidDataException($"the vocabulary lacks the piece '{piece}'");

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
    private void MergeAll(int[] symbols, List<int> tokens)
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

            Consider(previous[pair.Left], pair.Left);
            Consider(pair.Left, after);
        }

        for (int i = 0; i < symbols.Length; i = next[i])
        {
            tokens.Add(symbols[i]);
        }

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
