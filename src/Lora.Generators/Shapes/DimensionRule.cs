using System.Collections.Immutable;

namespace Lora.Generators;

/// <summary>
/// What an operation's dimensions have to do with each other, as its <c>[Derivative]</c> declares it:
/// <c>a [.., m, k], b [.., k, n] -> [.., m, n]</c>. See <c>DerivativeAttribute.Dimensions</c> for the notation.
/// </summary>
internal sealed record DimensionRule(ImmutableArray<DimensionRule.Input> Inputs, DimensionRule.Pattern? Result, string? Axis, ImmutableArray<string> Along)
{
    /// <summary>A tensor input and the pattern that its shape has.</summary>
    public sealed record Input(string Name, Pattern Pattern);

    /// <summary>The trailing dimensions, the last one first; <c>HasRest</c> where others may stand before them.</summary>
    public sealed record Pattern(bool HasRest, string? Sizes, ImmutableArray<string> Trailing);

    /// <summary>Where the result has the shape of its first tensor input.</summary>
    public static DimensionRule Same(string input) => new([new Input(input, new Pattern(true, null, []))], new Pattern(true, null, []), null, []);

    /// <summary>Reads a rule; null where the text is none.</summary>
    public static DimensionRule? Parse(string text)
    {
        string[] sides = text.Split(["->"], StringSplitOptions.None);
        if (sides.Length > 2 || text.Trim().Length == 0)
        {
            return null;
        }

        var inputs = new List<Input>();
        foreach (string part in SplitOutside(sides[0]).Where(part => sides[0].Trim().Length > 0))
        {
            int open = part.IndexOf('[');
            string name = open < 0 ? "" : part.Substring(0, open).Trim();
            if (!IsName(name) || ParsePattern(part.Substring(open)) is not { Sizes: null } pattern)
            {
                return null;
            }

            inputs.Add(new Input(name, pattern));
        }

        if (sides.Length == 1)
        {
            return new DimensionRule([.. inputs], null, null, []);
        }

        string[] result = sides[1].Split([" with "], StringSplitOptions.None);
        if (result.Length > 2 || ParsePattern(result[0]) is not { } shape)
        {
            return null;
        }

        if (result.Length == 1)
        {
            return new DimensionRule([.. inputs], shape, null, []);
        }

        string[] change = result[1].Split('=');
        ImmutableArray<string> along = change.Length == 2 ? [.. change[1].Split('+').Select(term => term.Trim())] : [];
        return change.Length == 2 && IsName(change[0].Trim()) && along.All(IsName) ? new DimensionRule([.. inputs], shape, change[0].Trim(), along) : null;
    }

    /// <summary>Every name that the rule uses for a size.</summary>
    public IEnumerable<string> Sizes => Inputs.SelectMany(input => input.Pattern.Trailing).Concat(Result?.Trailing ?? []).Where(size => size != "_");

    private static Pattern? ParsePattern(string text)
    {
        text = text.Trim();
        if (text.Length < 2 || text[0] != '[' || text[text.Length - 1] != ']')
        {
            return null;
        }

        string[] items = [.. text.Substring(1, text.Length - 2).Split(',').Select(item => item.Trim())];
        if (items is [['.', '.', _, ..] sizes])
        {
            return IsName(sizes.Substring(2)) ? new Pattern(false, sizes.Substring(2), []) : null;
        }

        bool hasRest = items[0] == "..";
        ImmutableArray<string> trailing = [.. items.Skip(hasRest ? 1 : 0).Reverse()];
        return trailing.All(IsSize) ? new Pattern(hasRest, null, trailing) : null;
    }

    private static IEnumerable<string> SplitOutside(string text)
    {
        int depth = 0;
        int start = 0;
        for (int i = 0; i < text.Length; i++)
        {
            depth += text[i] == '[' ? 1 : text[i] == ']' ? -1 : 0;
            if (text[i] == ',' && depth == 0)
            {
                yield return text.Substring(start, i - start);
                start = i + 1;
            }
        }

        yield return text.Substring(start);
    }

    private static bool IsSize(string text) => text == "_" || int.TryParse(text, out int number) && number > 0 || (text.Split('.') is { Length: <= 2 } parts && parts.All(IsName));

    private static bool IsName(string text) => text.Length > 0 && (char.IsLetter(text[0]) || text[0] == '_') && text.All(letter => char.IsLetterOrDigit(letter) || letter == '_');
}
