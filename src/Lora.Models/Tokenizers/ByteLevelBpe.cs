using System.Buffers;
using System.Text;
using Microsoft.ML.Tokenizers;

namespace Lora.Models;

/// <summary>
/// Byte-pair encoding over the bytes of words (Sennrich et al. 2016; Radford et al. 2019): GPT-2, RoBERTa, Llama 3, Qwen.
/// The vocabulary writes each byte as a printable character.
/// </summary>
internal sealed class ByteLevelBpe : TokenizerModel
{
    private static readonly char[] _characters = CharactersOfBytes();
    private static readonly Dictionary<char, byte> _bytes = _characters.Select((character, value) => (character, value)).ToDictionary(pair => pair.character, pair => (byte)pair.value);

    private readonly BpeTokenizer _merging;
    private readonly IReadOnlyDictionary<string, int> _ids;
    private readonly byte[]?[] _pieces;
    private readonly Func<string, string> _normalize;
    private readonly Func<string, IEnumerable<string>> _split;
    private readonly bool _takesWholeWords;

    /// <summary>Creates the model of a vocabulary.</summary>
    /// <param name="ids">The ids of the pieces.</param>
    /// <param name="merges">The pairs "left right" that merge, the first ones first.</param>
    /// <param name="normalize">What a text goes through first.</param>
    /// <param name="split">How it is split into words.</param>
    /// <param name="takesWholeWords">Whether a word that is a piece is taken as it is, whatever the merges.</param>
    public ByteLevelBpe(
        IReadOnlyDictionary<string, int> ids, IReadOnlyList<string> merges, Func<string, string> normalize, Func<string, IEnumerable<string>> split, bool takesWholeWords)
    {
        _ids = ids;
        _normalize = normalize;
        _split = split;
        _takesWholeWords = takesWholeWords;
        _merging = BpeTokenizer.Create(new BpeOptions(ids) { Merges = merges, ByteLevel = true });
        VocabularySize = ids.Count == 0 ? 0 : ids.Values.Max() + 1;
        _pieces = new byte[]?[VocabularySize];
        foreach ((string piece, int id) in ids)
        {
            _pieces[id] = BytesOf(piece);
        }
    }

    public override int VocabularySize { get; }

    public override int? IdOf(string piece) => _ids.TryGetValue(piece, out int id) ? id : null;

    public override void Encode(string text, PartStart start, List<int> tokens)
    {
        foreach (string word in _split(_normalize(text)))
        {
            if (_takesWholeWords && _ids.TryGetValue(Written(word), out int whole))
            {
                tokens.Add(whole);
            }
            else
            {
                tokens.AddRange(_merging.EncodeToIds(word, considerPreTokenization: false, considerNormalization: false));
            }
        }
    }

    public override void Decode(ReadOnlySpan<int> tokens, IBufferWriter<byte> utf8)
    {
        foreach (int token in tokens)
        {
            utf8.Write(_pieces[token]);
        }
    }

    /// <summary>Whether a vocabulary has every byte.</summary>
    public static bool HasAllBytes(IReadOnlyDictionary<string, int> ids) => _characters.All(character => ids.ContainsKey(character.ToString()));

    private static string Written(string word) => string.Concat(Encoding.UTF8.GetBytes(word).Select(value => _characters[value]));

    // A piece that is not written in the characters of bytes stands for itself.
    private static byte[] BytesOf(string piece) =>
        piece.All(_bytes.ContainsKey) ? [.. piece.Select(character => _bytes[character])] : Encoding.UTF8.GetBytes(piece);

    // Printable characters of Latin-1 stand for themselves, and the other bytes for the characters from U+0100 on.
    private static char[] CharactersOfBytes()
    {
        char[] characters = new char[256];
        int next = 256;
        for (int value = 0; value < 256; value++)
        {
            characters[value] = value is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF) ? (char)value : (char)next++;
        }

        return characters;
    }
}
