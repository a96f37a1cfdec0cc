using System.Buffers;

namespace Lora.Models;

/// <summary>What stands before a part of a text.</summary>
internal enum PartStart
{
    /// <summary>Nothing.</summary>
    First,

    /// <summary>A token that was added to the vocabulary.</summary>
    AfterAdded,

    /// <summary>Another part of the same text.</summary>
    Continuing,
}

/// <summary>How a tokenizer turns text without special tokens into pieces of its vocabulary, and back.</summary>
internal abstract class TokenizerModel
{
    /// <summary>One more than the largest id of the vocabulary, without tokens that were added to it.</summary>
    public abstract int VocabularySize { get; }

    /// <summary>Whether a text gets a space in front when it is encoded, which decoding takes away.</summary>
    public virtual bool StripsLeadingSpace => false;

    /// <summary>The id of a piece as the vocabulary writes it, or null.</summary>
    public abstract int? IdOf(string piece);

    /// <summary>Adds the tokens of a part of a text.</summary>
    /// <param name="text">The part: all of the text, or what stands between special tokens.</param>
    /// <param name="start">What stands before it.</param>
    /// <param name="tokens">Takes the tokens.</param>
    public abstract void Encode(string text, PartStart start, List<int> tokens);

    /// <summary>Writes the UTF-8 bytes of tokens, none of which was added to the vocabulary.</summary>
    public abstract void Decode(ReadOnlySpan<int> tokens, IBufferWriter<byte> utf8);
}
