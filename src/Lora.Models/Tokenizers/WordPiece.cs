using System.Buffers;
using System.Text;

namespace Lora.Models;

/// <summary>
/// WordPiece (Schuster and Nakajima 2012, "Japanese and Korean Voice Search"; Devlin et al. 2018, "BERT"): words are split into the longest pieces from the
/// left, all but the first with a prefix; a word that cannot be is the unknown token.
/// </summary>
/// <remarks>Microsoft.ML.Tokenizers does not serve here: its BERT tokenizer drops symbols such as &lt; and + that BERT takes for punctuation.</remarks>
internal sealed class WordPiece : TokenizerModel
{
    private readonly IReadOnlyDictionary<string, int> _ids;
    private readonly string[] _pieces;
    private readonly WordPieceOptions _options;
    private readonly int _unknown;

    /// <summary>Creates the model of a vocabulary.</summary>
    /// <param name="ids">The ids of the pieces, from 0 on without a hole.</param>
    /// <param name="options">How texts are split and put together.</param>
    public WordPiece(IReadOnlyDictionary<string, int> ids, WordPieceOptions options)
    {
        _ids = ids;
        _options = options;
        _unknown = ids[options.UnknownToken];
        _pieces = new string[ids.Count];
        foreach ((string piece, int id) in ids)
        {
            _pieces[id] = piece;
        }
    }

    public override int VocabularySize => _pieces.Length;

    public override int? IdOf(string piece) => _ids.TryGetValue(piece, out int id) ? id : null;

    public override void Encode(string text, PartStart start, List<int> tokens)
    {
        foreach (string word in _options.Words.Split(text))
        {
            int before = tokens.Count;
            if (word.EnumerateRunes().Count() > _options.LongestWord || !AddPieces(word, tokens))
            {
                tokens.RemoveRange(before, tokens.Count - before);
                tokens.Add(_unknown);
            }
        }
    }

    public override void Decode(ReadOnlySpan<int> tokens, IBufferWriter<byte> utf8)
    {
        string prefix = _options.Prefix;
        var text = new StringBuilder();
        foreach (int token in tokens)
        {
            string piece = _pieces[token];
            bool goesOn = text.Length > 0 && piece.StartsWith(prefix, StringComparison.Ordinal);
            bool isTight = text.Length == 0 || (_options.CleansUp && piece is "." or "?" or "!" or "," or "n't" or "'m" or "'s" or "'ve" or "'re");
            text.Append(goesOn || isTight ? "" : " ").Append(goesOn ? piece.AsSpan(prefix.Length) : piece);
        }

        utf8.Write(Encoding.UTF8.GetBytes(text.ToString()));
    }

    private bool AddPieces(string word, List<int> tokens)
    {
        int start = 0;
        while (start < word.Length)
        {
            int end = word.Length;
            int id = -1;
            while (end > start && !_ids.TryGetValue(start == 0 ? word[..end] : _options.Prefix + word[start..end], out id))
            {
                end--;
                id = -1;
            }

            if (id < 0)
            {
                return false;
            }

            tokens.Add(id);
            start = end;
        }

        return true;
    }
}

/// <summary>How <see cref="WordPiece"/> splits texts and puts them together.</summary>
/// <param name="Words">How a text is split into words.</param>
/// <param name="Prefix">What a piece begins with that goes on with a word.</param>
/// <param name="UnknownToken">The piece for words that have none.</param>
/// <param name="LongestWord">The characters of the longest word that is split into pieces.</param>
/// <param name="CleansUp">Whether decoding leaves out the space before punctuation.</param>
internal sealed record WordPieceOptions(BertWords Words, string Prefix, string UnknownToken, int LongestWord, bool CleansUp);
