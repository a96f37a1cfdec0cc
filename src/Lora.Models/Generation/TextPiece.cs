namespace Lora.Models;

/// <summary>Why a text ends.</summary>
public enum TextEnd
{
    /// <summary>The model said so with a stop token, or a stop text came up.</summary>
    Stop,

    /// <summary>The number of tokens that was asked for, or the longest sequence that the model takes, is reached.</summary>
    Length,
}

/// <summary>A part of a text that is being generated.</summary>
/// <param name="Text">The part. It may be empty: a character can need several tokens, and what may be the beginning of a stop text is held back.</param>
/// <param name="Tokens">The tokens that were generated so far.</param>
/// <param name="End">Why the text ends, with its last part; null before.</param>
public readonly record struct TextPiece(string Text, int Tokens, TextEnd? End);
