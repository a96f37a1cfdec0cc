using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Lora.Models;

/// <summary>A regular expression that splits texts into words: its matches, and what stands between them.</summary>
/// <remarks>
/// The patterns of tokenizers speak of characters, .NET's of UTF-16 units: a letter beyond U+FFFF would be two units that are no letters. The pattern
/// therefore reads a copy of the text in which one character of the same category stands for each of those.
/// </remarks>
internal sealed class SplitPattern
{
    /// <summary>GPT-2's: words with the space before them, runs of digits and of other characters, and English contractions.</summary>
    public static SplitPattern Gpt2 { get; } = new(@"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+");

    private readonly Regex _regex;

    /// <summary>Creates the pattern.</summary>
    /// <param name="pattern">The regular expression.</param>
    /// <exception cref="ArgumentException">It is none that .NET knows.</exception>
    public SplitPattern(string pattern) => _regex = new Regex(pattern, RegexOptions.CultureInvariant);

    public IEnumerable<string> Split(string text)
    {
        string standIn = StandIn(text, out int[]? offsets);
        int start = 0;
        foreach (ValueMatch match in Matches(standIn))
        {
            if (match.Start > start)
            {
                yield return Part(text, offsets, start, match.Start);
            }

            if (match.Length > 0)
            {
                yield return Part(text, offsets, match.Start, match.Start + match.Length);
            }

            start = match.Start + match.Length;
        }

        if (start < standIn.Length)
        {
            yield return Part(text, offsets, start, standIn.Length);
        }
    }

    private static string Part(string text, int[]? offsets, int start, int end) => offsets is null ? text[start..end] : text[offsets[start]..offsets[end]];

    private static string StandIn(string text, out int[]? offsets)
    {
        offsets = null;
        if (!text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF'))
        {
            return text;
        }

        var standIn = new StringBuilder(text.Length);
        List<int> starts = [];
        int offset = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            starts.Add(offset);
            standIn.Append(rune.IsBmp ? (char)rune.Value : OfCategory(Rune.GetUnicodeCategory(rune)));
            offset += rune.Utf16SequenceLength;
        }

        starts.Add(offset);
        offsets = [.. starts];
        return standIn.ToString();
    }

    private static char OfCategory(UnicodeCategory category) => category switch
    {
        UnicodeCategory.UppercaseLetter => '\u0391',
        UnicodeCategory.LowercaseLetter => '\u03B1',
        UnicodeCategory.TitlecaseLetter => '\u01C5',
        UnicodeCategory.ModifierLetter => '\u02B0',
        UnicodeCategory.OtherLetter => '\u3042',
        UnicodeCategory.DecimalDigitNumber => '\u0660',
        UnicodeCategory.LetterNumber => '\u2160',
        UnicodeCategory.OtherNumber => '\u2460',
        UnicodeCategory.NonSpacingMark => '\u0300',
        UnicodeCategory.SpacingCombiningMark => '\u0903',
        UnicodeCategory.EnclosingMark => '\u20DD',
        UnicodeCategory.ConnectorPunctuation or UnicodeCategory.DashPunctuation or UnicodeCategory.OpenPunctuation or UnicodeCategory.ClosePunctuation
            or UnicodeCategory.InitialQuotePunctuation or UnicodeCategory.FinalQuotePunctuation or UnicodeCategory.OtherPunctuation => '\u00A7',
        UnicodeCategory.Format => '\u200D',
        _ => '\u2600',
    };

    private IEnumerable<ValueMatch> Matches(string text)
    {
        for (Match match = _regex.Match(text); match.Success; match = match.NextMatch())
        {
            yield return new ValueMatch(match.Index, match.Length);
        }
    }

    private readonly record struct ValueMatch(int Start, int Length);
}
