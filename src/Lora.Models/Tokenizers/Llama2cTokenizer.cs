using System.Buffers.Binary;
using System.Text;

namespace Lora.Models;

/// <summary>
/// The tokenizer files of llama2.c, such as <c>tok512.bin</c>: the longest length of a piece, then for each piece a score, its length and its UTF-8 bytes.
/// The pair whose joined piece has the highest score merges first.
/// </summary>
internal static class Llama2cTokenizer
{
    private const int FirstOrdinary = 3 + 256;
    private const int Begin = 1;
    private const int End = 2;

    public static Tokenizer Read(ReadOnlySpan<byte> file)
    {
        List<(string Piece, float Score)> pieces = ReadPieces(file);
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int id = 0; id < pieces.Count; id++)
        {
            string piece = id switch
            {
                0 => "<unk>",
                Begin => "<s>",
                End => "</s>",
                < FirstOrdinary => ByteFallback.PieceOf((byte)(id - 3)),
                _ => pieces[id].Piece.Replace(' ', '\u2581'),
            };
            if (!ids.TryAdd(piece, id))
            {
                throw new InvalidDataException($"it has the piece '{piece}' twice: {ids[piece]} and {id}");
            }
        }

        int rank = 0;
        Dictionary<float, int> ranks = pieces.Skip(FirstOrdinary).Select(piece => piece.Score).Distinct().OrderDescending().ToDictionary(score => score, _ => rank++);
        IEnumerable<(string, string, int)> merges = ids.Where(pair => pair.Value >= FirstOrdinary).SelectMany(pair => Halves(pair.Key)
            .Where(halves => ids.ContainsKey(halves.Left) && ids.ContainsKey(halves.Right))
            .Select(halves => (halves.Left, halves.Right, ranks[pieces[pair.Value].Score])));
        string[] specials = ["<unk>", "<s>", "</s>"];
        AddedToken[] added = [.. specials.Select((content, id) => new AddedToken(id, content, IsSpecial: true, StripsLeft: false, StripsRight: false))];
        TokenTemplate.Part[] template = [TokenTemplate.Part.Special(Begin), TokenTemplate.Part.First];
        return new Tokenizer(
            new SentencePieceBpe(ids, merges, new SpaceInFront(First: true, Later: true, Doubles: true)), new AddedTokens(added),
            new TokenTemplate(template, [.. template, TokenTemplate.Part.Second]), new SpecialTokenNames("<s>", "</s>", null, null));
    }

    private static List<(string Piece, float Score)> ReadPieces(ReadOnlySpan<byte> file)
    {
        var utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
        List<(string, float)> pieces = [];
        int longest = file.Length >= 4 ? BinaryPrimitives.ReadInt32LittleEndian(file) : -1;
        int at = 4;
        while (at < file.Length)
        {
            int length = at + 8 <= file.Length ? BinaryPrimitives.ReadInt32LittleEndian(file[(at + 4)..]) : -1;
            if (length < 0 || length > longest || at + 8 + length > file.Length)
            {
                throw new InvalidDataException($"its piece {pieces.Count} at byte {at} has a length that does not fit");
            }

            float score = BinaryPrimitives.ReadSingleLittleEndian(file[at..]);
            try
            {
                pieces.Add((utf8.GetString(file.Slice(at + 8, length)), float.IsNaN(score) ? throw new InvalidDataException($"the score of its piece {pieces.Count} is no number") : score));
            }
            catch (DecoderFallbackException fault)
            {
                throw new InvalidDataException($"its piece {pieces.Count} at byte {at} is not UTF-8", fault);
            }

            at += 8 + length;
        }

        return pieces.Count > FirstOrdinary ? pieces : throw new InvalidDataException($"it has {pieces.Count} pieces, where bytes and special tokens alone are {FirstOrdinary}");
    }

    private static IEnumerable<(string Left, string Right)> Halves(string piece)
    {
        for (int i = 1; i < piece.Length; i++)
        {
            if (!char.IsLowSurrogate(piece[i]))
            {
                yield return (piece[..i], piece[i..]);
            }
        }
    }
}
