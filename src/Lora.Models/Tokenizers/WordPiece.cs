using System.Buffers;
using System.Text;
using Microsoft.ML.Tokenizers;

namespace Lora.Models;

/// <summary>WordPiece (Schuster and Nakajima 2012; Devlin et al. 2018): the longest pieces from the left, of words that are split as BERT does.</summary>
internal sealed class WordPiece : TokenizerModel
{
    private readonly BertTokenizer _tokenizer;
    private readonly IReadOnlyDictionary<string, int> _ids;
    private readonly string[] _pieces;
    private readonly string _prefix;
    private readonly bool _cleansUp;

    /// <summary>Creates the model of a vocabulary.</summary>
    /// <param name="ids">The ids of the pieces, from 0 on without a hole.</param>
    /// <param name="prefix">What a piece begins with that goes on with a word.</param>
    /// <param name="cleansUp">Whether decoding takes away the spaces before punctuation.</param>
    /// <param name="options">How texts are split.</param>
    public WordPiece(IReadOnlyDictionary<string, int> ids, string prefix, bool cleansUp, BertOptions options)
    {
        _ids = ids;
        _prefix = prefix;
        _cleansUp = cleansUp;
        _pieces = new string[ids.Count];
        foreach ((string piece, int id) in ids)
        {
            _pieces[id] = piece;
        }

        using var vocabulary = new MemoryStream(Encoding.UTF8.GetBytes(string.Join('\n', _pieces) + "\n"));
        _tokenizer = BertTokenizer.Create(vocabulary, options);
    }

    public override int VocabularySize => _pieces.Length;

    public override int? IdOf(string piece) => _ids.TryGetValue(piece, out int id) ? id : null;

    public override void Encode(string text, PartStart start, List<int> tokens) => tokens.AddRange(_tokenizer.EncodeToIds(text, addSpecialTokens: false));

    public override void Decode(ReadOnlySpan<int> tokens, IBufferWriter<byte> utf8)
    {
        var text = new StringBuilder();
        foreach (int token in tokens)
        {
            string piece = _pieces[token];
            if (text.Length > 0 && piece.StartsWith(_prefix, StringComparison.Ordinal))
            {
                text.Append(piece, _prefix.Length, piece.Length - _prefix.Length);
            }
            else
            {
                text.Append(text.Length > 0 ? " " : "").Append(piece);
            }
        }

        utf8.Write(Encoding.UTF8.GetBytes(_cleansUp ? CleanedUp(text).ToString() : text.ToString()));
    }

    private static StringBuilder CleanedUp(StringBuilder text)
    {
        foreach ((string spaced, string plain) in (ReadOnlySpan<(string, string)>)[
            (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"), (" do not", " don't"), (" 's", "'s"),
            (" 've", "'ve"), (" 're", "'re")])
        {
            text.Replace(spaced, plain);
        }

        return text;
    }
}
