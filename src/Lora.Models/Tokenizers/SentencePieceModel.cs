using System.Buffers;
using System.Text;
using Microsoft.ML.Tokenizers;

namespace Lora.Models;

/// <summary>SentencePiece's own file (Kudo and Richardson 2018, "SentencePiece").</summary>
/// <param name="tokenizer">The file, read.</param>
internal sealed class SentencePieceModel(SentencePieceTokenizer tokenizer) : TokenizerModel
{
    private readonly Dictionary<int, string> _pieces = tokenizer.Vocabulary.ToDictionary(pair => pair.Value, pair => pair.Key);

    public override int VocabularySize { get; } = tokenizer.Vocabulary.Values.Max() + 1;

    public override bool StripsLeadingSpace => true;

    public override int? IdOf(string piece) => tokenizer.Vocabulary.TryGetValue(piece, out int id) ? id : null;

    public override void Encode(string text, PartStart start, List<int> tokens) =>
        tokens.AddRange(tokenizer.EncodeToIds(text, addBeginningOfSentence: false, addEndOfSentence: false, considerPreTokenization: false, considerNormalization: true));

    public override void Decode(ReadOnlySpan<int> tokens, IBufferWriter<byte> utf8)
    {
        foreach (int token in tokens)
        {
            string piece = _pieces.GetValueOrDefault(token, "");
            utf8.Write(ByteFallback.ValueOf(piece) is { } value ? [value] : Encoding.UTF8.GetBytes(piece.Replace('\u2581', ' ')));
        }
    }
}
