using System.Globalization;
using System.Text;

namespace Lora.Models;

/// <summary>Splits texts into words as BERT does: at spaces, around punctuation, and around each Chinese character.</summary>
/// <param name="lowercases">Whether letters become small.</param>
/// <param name="stripsAccents">Whether characters lose their marks.</param>
/// <param name="splitsChinese">Whether each Chinese character is a word.</param>
internal sealed class BertWords(bool lowercases, bool stripsAccents, bool splitsChinese)
{
    public IEnumerable<string> Split(string text)
    {
        var word = new StringBuilder();
        foreach (Rune rune in Normalized(text).EnumerateRunes())
        {
            bool isSpace = rune.Value == ' ';
            if (!isSpace && !IsPunctuation(rune))
            {
                word.Append(rune.ToString());
                continue;
            }

            if (word.Length > 0)
            {
                yield return word.ToString();
                word.Clear();
            }

            if (!isSpace)
            {
                yield return rune.ToString();
            }
        }

        if (word.Length > 0)
        {
            yield return word.ToString();
        }
    }

    private string Normalized(string text)
    {
        var clean = new StringBuilder(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (Rune.IsWhiteSpace(rune))
            {
                clean.Append(' ');
            }
            else if (splitsChinese && IsChinese(rune.Value))
            {
                clean.Append(' ').Append(rune.ToString()).Append(' ');
            }
            else if (rune.Value != 0xFFFD && !IsControl(rune))
            {
                clean.Append(rune.ToString());
            }
        }

        string normalized = clean.ToString();
        if (stripsAccents)
        {
            normalized = string.Concat(CanonicalForms.Decompose(normalized).EnumerateRunes()
                .Where(rune => Rune.GetUnicodeCategory(rune) != UnicodeCategory.NonSpacingMark));
        }

        return lowercases ? normalized.ToLowerInvariant() : normalized;
    }

    private static bool IsControl(Rune rune) => Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format
        or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned or UnicodeCategory.Surrogate;

    // ASCII symbols such as $, + and < count, though Unicode calls them symbols.
    private static bool IsPunctuation(Rune rune) => rune.IsAscii
        ? rune.Value is (>= '!' and <= '/') or (>= ':' and <= '@') or (>= '[' and <= '`') or (>= '{' and <= '~')
        : Rune.IsPunctuation(rune);

    private static bool IsChinese(int character) => character is (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF) or (>= 0x20000 and <= 0x2A6DF)
        or (>= 0x2A700 and <= 0x2B73F) or (>= 0x2B740 and <= 0x2B81F) or (>= 0x2B920 and <= 0x2CEAF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x2F800 and <= 0x2FA1F);
}
