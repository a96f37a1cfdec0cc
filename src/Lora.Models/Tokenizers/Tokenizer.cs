using System.Buffers;
using System.Text;

namespace Lora.Models;

/// <summary>Turns texts into a model's tokens and back.</summary>
/// <remarks>
/// Reads <c>tokenizer.json</c> (byte-level BPE, SentencePiece's BPE, WordPiece), SentencePiece's <c>tokenizer.model</c>, and llama2.c's files.
/// The merging of byte-level BPE and <c>tokenizer.model</c> are Microsoft.ML.Tokenizers'.
/// </remarks>
public sealed class Tokenizer
{
    private readonly TokenizerModel _model;
    private readonly AddedTokens _added;
    private readonly TokenTemplate _template;

    internal Tokenizer(TokenizerModel model, AddedTokens added, TokenTemplate template, SpecialTokenNames names)
    {
        _model = model;
        _added = added;
        _template = template;
        VocabularySize = Math.Max(model.VocabularySize, added.MaxId + 1);
        foreach (int token in template.Tokens)
        {
            if ((uint)token >= (uint)VocabularySize)
            {
                throw new InvalidDataException($"its template has the token {token}, which is not of a vocabulary of {VocabularySize}");
            }
        }

        BeginId = names.Begin is null ? null : IdOf(names.Begin);
        EndId = names.End is null ? null : IdOf(names.End);
        PadId = names.Pad is null ? null : IdOf(names.Pad);
        ChatTemplate = names.ChatTemplate;
    }

    /// <summary>One more than the largest token id.</summary>
    public int VocabularySize { get; }

    /// <summary>The token that begins a text, or null.</summary>
    public int? BeginId { get; }

    /// <summary>The token that ends a text, or null.</summary>
    public int? EndId { get; }

    /// <summary>The token that fills up shorter sequences, or null.</summary>
    public int? PadId { get; }

    /// <summary>The Jinja template for conversations that the model's folder has, as it stands there, or null. See <see cref="ChatFormat.Of"/>.</summary>
    public string? ChatTemplate { get; }

    /// <summary>Reads the tokenizer of a model's folder, or a file: <c>tokenizer.json</c> before <c>tokenizer.model</c> before <c>tok*.bin</c>.</summary>
    /// <param name="path">The folder or file.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    /// <exception cref="NotSupportedException">The file asks for something that is not supported.</exception>
    public static Tokenizer Load(string path) => TokenizerFiles.Load(path);

    /// <summary>The tokens of a text.</summary>
    /// <param name="text">Any text. Unpaired surrogates become U+FFFD.</param>
    /// <param name="addSpecialTokens">Whether the tokens that the model expects around a text, such as one that begins it, are added.</param>
    /// <param name="parseSpecialTokens">
    /// Whether names of special tokens inside the text, such as <c>&lt;/s&gt;</c>, stand for the tokens. Python's tokenizers do that; for text from others it
    /// would let them end a turn.
    /// </param>
    public int[] Encode(string text, bool addSpecialTokens = true, bool parseSpecialTokens = false)
    {
        ArgumentNullException.ThrowIfNull(text);
        List<int> tokens = [];
        Encode(text, parseSpecialTokens, tokens);
        return addSpecialTokens ? _template.Apply(tokens) : [.. tokens];
    }

    /// <summary>The tokens of two texts with the special tokens around them, and 0 or 1 for each token: which text it belongs to.</summary>
    /// <param name="first">A text.</param>
    /// <param name="second">Another.</param>
    public (int[] Tokens, int[] Types) EncodePair(string first, string second)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        List<int> firstTokens = [];
        List<int> secondTokens = [];
        Encode(first, parseSpecialTokens: false, firstTokens);
        Encode(second, parseSpecialTokens: false, secondTokens);
        return _template.Apply(firstTokens, secondTokens);
    }

    /// <summary>The text of tokens, without special ones. Bytes that are not UTF-8 become U+FFFD.</summary>
    /// <param name="tokens">The tokens.</param>
    /// <exception cref="ArgumentOutOfRangeException">A token is not of this vocabulary.</exception>
    public string Decode(ReadOnlySpan<int> tokens) => Encoding.UTF8.GetString(DecodeBytes(tokens));

    /// <summary>The UTF-8 bytes of tokens, without special ones.</summary>
    /// <param name="tokens">The tokens.</param>
    /// <exception cref="ArgumentOutOfRangeException">A token is not of this vocabulary.</exception>
    public byte[] DecodeBytes(ReadOnlySpan<int> tokens)
    {
        var bytes = new ArrayBufferWriter<byte>();
        List<int> run = [];
        foreach (int token in tokens)
        {
            if ((uint)token >= (uint)VocabularySize)
            {
                throw new ArgumentOutOfRangeException(nameof(tokens), token, $"Token {token} is not of a vocabulary of {VocabularySize}.");
            }

            if (_added.Find(token) is not { } added)
            {
                // Between the vocabulary and what was added to it there may be ids of no token.
                if (token < _model.VocabularySize)
                {
                    run.Add(token);
                }
            }
            else if (!added.IsSpecial)
            {
                Flush(run, bytes);
                bytes.Write(Encoding.UTF8.GetBytes(added.Content));
            }
        }

        Flush(run, bytes);
        ReadOnlySpan<byte> written = bytes.WrittenSpan;
        return _model.StripsLeadingSpace && written is [(byte)' ', ..] ? written[1..].ToArray() : written.ToArray();
    }

    /// <summary>The id of a piece or special token as the vocabulary writes it, or null.</summary>
    /// <param name="piece">The piece.</param>
    public int? IdOf(string piece)
    {
        ArgumentNullException.ThrowIfNull(piece);
        return _added.IdOf(piece) ?? _model.IdOf(piece);
    }

    /// <summary>The tokens of a conversation, and which of them are answers.</summary>
    internal ChatTokens Encode(IEnumerable<ChatPart> parts)
    {
        List<int> tokens = [];
        List<bool> answers = [];
        var run = new StringBuilder();
        bool isAnswer = false;
        PartStart start = PartStart.First;
        foreach (ChatPart part in parts)
        {
            if (part.IsAnswer != isAnswer)
            {
                EncodeRun(PartStart.Continuing);
                isAnswer = part.IsAnswer;
            }

            foreach ((string text, int? added) in _added.Split(part.Text, part.IsTemplate))
            {
                if (added is { } id)
                {
                    EncodeRun(PartStart.AfterAdded);
                    tokens.Add(id);
                    answers.Add(isAnswer);
                    start = PartStart.AfterAdded;
                }
                else
                {
                    run.Append(text);
                }
            }
        }

        EncodeRun(PartStart.Continuing);
        return new ChatTokens([.. tokens], [.. answers]);

        void EncodeRun(PartStart next)
        {
            if (run.Length > 0)
            {
                _model.Encode(run.ToString(), start, tokens);
                answers.AddRange(Enumerable.Repeat(isAnswer, tokens.Count - answers.Count));
                run.Clear();
                start = next;
            }
        }
    }

    private void Encode(string text, bool parseSpecialTokens, List<int> tokens)
    {
        PartStart start = PartStart.First;
        foreach ((string part, int? added) in _added.Split(text, parseSpecialTokens))
        {
            if (added is { } id)
            {
                tokens.Add(id);
            }
            else
            {
                _model.Encode(part, start, tokens);
            }

            start = PartStart.AfterAdded;
        }
    }

    private void Flush(List<int> run, ArrayBufferWriter<byte> bytes)
    {
        _model.Decode([.. run], bytes);
        run.Clear();
    }
}

/// <summary>What the special tokens of a folder are called.</summary>
internal sealed record SpecialTokenNames(string? Begin, string? End, string? Pad, string? ChatTemplate);
