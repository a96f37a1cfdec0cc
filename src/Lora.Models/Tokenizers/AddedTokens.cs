using System.Text.RegularExpressions;

namespace Lora.Models;

/// <summary>A token that was added to a vocabulary and is found in texts as a whole.</summary>
internal sealed record AddedToken(int Id, string Content, bool IsSpecial, bool StripsLeft, bool StripsRight);

/// <summary>The tokens that were added to a vocabulary.</summary>
internal sealed class AddedTokens
{
    private readonly Dictionary<int, AddedToken> _byId = [];
    private readonly Dictionary<string, AddedToken> _byContent = new(StringComparer.Ordinal);
    private readonly Regex? _all;
    private readonly Regex? _plain;

    public AddedTokens(IEnumerable<AddedToken> tokens)
    {
        foreach (AddedToken token in tokens)
        {
            _byId[token.Id] = token;
            _byContent[token.Content] = token;
        }

        MaxId = _byId.Count == 0 ? -1 : _byId.Keys.Max();
        _all = PatternOf(_byContent.Values);
        _plain = PatternOf(_byContent.Values.Where(token => !token.IsSpecial));
    }

    public int MaxId { get; }

    public AddedToken? Find(int id) => _byId.GetValueOrDefault(id);

    public int? IdOf(string content) => _byContent.GetValueOrDefault(content)?.Id;

    /// <summary>The parts of a text, and the added tokens between them: special ones only where they are to be parsed.</summary>
    public IEnumerable<(string Part, int? Added)> Split(string text, bool parseSpecialTokens)
    {
        int start = 0;
        for (Match? match = (parseSpecialTokens ? _all : _plain)?.Match(text); match is { Success: true }; match = match.NextMatch())
        {
            AddedToken token = _byContent[match.Value];
            int end = match.Index;
            while (token.StripsLeft && end > start && char.IsWhiteSpace(text[end - 1]))
            {
                end--;
            }

            if (end > start)
            {
                yield return (text[start..end], null);
            }

            yield return (token.Content, token.Id);
            start = match.Index + match.Length;
            while (token.StripsRight && start < text.Length && char.IsWhiteSpace(text[start]))
            {
                start++;
            }
        }

        if (start < text.Length)
        {
            yield return (text[start..], null);
        }
    }

    // The leftmost match, the longest of those that begin there.
    private static Regex? PatternOf(IEnumerable<AddedToken> tokens)
    {
        string[] contents = [.. tokens.Select(token => token.Content).Where(content => content.Length > 0).OrderByDescending(content => content.Length)];
        return contents.Length == 0 ? null : new Regex(string.Join('|', contents.Select(Regex.Escape)), RegexOptions.CultureInvariant);
    }
}
