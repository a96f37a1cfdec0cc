using Lora.Models;

namespace Lora.Cli;

/// <summary>Gives the text of tokens piece by piece. A character whose bytes are not all there yet waits for the rest.</summary>
internal sealed class TextStream
{
    private const char Replacement = '\uFFFD';

    private readonly Tokenizer _tokenizer;
    private readonly List<int> _tokens;
    private int _written;

    public TextStream(Tokenizer tokenizer, IReadOnlyList<int> begin)
    {
        _tokenizer = tokenizer;
        _tokens = [.. begin];
        Begin = Text();
        _written = Begin.Length;
    }

    /// <summary>The text of the tokens that it began with.</summary>
    public string Begin { get; }

    /// <summary>What a token adds to the text.</summary>
    public string Add(int token)
    {
        _tokens.Add(token);
        return Rest(Text().TrimEnd(Replacement));
    }

    /// <summary>What is left at the end.</summary>
    public string End() => Rest(Text());

    private string Rest(string text)
    {
        string rest = text.Length > _written ? text[_written..] : "";
        _written = Math.Max(_written, text.Length);
        return rest;
    }

    private string Text() => _tokenizer.Decode(_tokens.ToArray());
}
