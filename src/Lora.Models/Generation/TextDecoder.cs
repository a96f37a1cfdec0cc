using System.Text;

namespace Lora.Models;

/// <summary>
/// Decodes tokens one by one to the text that they are together: a space that depends on the token before is there, and a character comes when its last byte does.
/// </summary>
internal sealed class TextDecoder
{
    private readonly Tokenizer _tokenizer;
    private readonly Decoder _utf8 = Encoding.UTF8.GetDecoder();
    private int[] _before;
    private int _lengthBefore;

    /// <summary>Begins after a prompt, which is no part of the result.</summary>
    public TextDecoder(Tokenizer tokenizer, IReadOnlyList<int> prompt)
    {
        _tokenizer = tokenizer;
        _before = [];
        for (int i = prompt.Count - 1; i >= 0 && _lengthBefore == 0; i--)
        {
            _before = [prompt[i]];
            _lengthBefore = tokenizer.DecodeBytes(_before).Length;
        }
    }

    /// <summary>The characters that a token completes.</summary>
    public string Next(int token)
    {
        byte[] bytes = _tokenizer.DecodeBytes([.. _before, token])[_lengthBefore..];
        if (bytes.Length > 0)
        {
            _before = [token];
            _lengthBefore = _tokenizer.DecodeBytes(_before).Length;
        }

        return CharactersOf(bytes, flush: false);
    }

    /// <summary>U+FFFD where the last character has not all of its bytes.</summary>
    public string End() => CharactersOf([], flush: true);

    private string CharactersOf(byte[] bytes, bool flush)
    {
        char[] characters = new char[_utf8.GetCharCount(bytes, flush)];
        _utf8.GetChars(bytes, characters, flush);
        return new string(characters);
    }
}
