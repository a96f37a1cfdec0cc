namespace Lora.Models;

/// <summary>The tokens that stand around a text, or around two.</summary>
/// <param name="single">The parts for one text.</param>
/// <param name="pair">The parts for two texts.</param>
internal sealed class TokenTemplate(IReadOnlyList<TokenTemplate.Part> single, IReadOnlyList<TokenTemplate.Part> pair)
{
    public static TokenTemplate None { get; } = new([Part.First], [Part.First, Part.Second]);

    /// <summary>All special tokens of the template.</summary>
    public IEnumerable<int> Tokens => single.Concat(pair).SelectMany(part => part.Tokens ?? []);

    public int[] Apply(List<int> tokens) => [.. single.SelectMany(part => part.Tokens ?? tokens)];

    public (int[] Tokens, int[] Types) Apply(List<int> first, List<int> second)
    {
        List<int> tokens = [];
        List<int> types = [];
        foreach (Part part in pair)
        {
            IReadOnlyList<int> added = part.Tokens ?? (part.IsSecond ? second : first);
            tokens.AddRange(added);
            types.AddRange(Enumerable.Repeat(part.Type, added.Count));
        }

        return ([.. tokens], [.. types]);
    }

    /// <summary>Special tokens, or one of the texts.</summary>
    /// <param name="Tokens">The special tokens; null for a text.</param>
    /// <param name="IsSecond">Whether it is the second text.</param>
    /// <param name="Type">Which text its tokens are said to belong to.</param>
    public sealed record Part(IReadOnlyList<int>? Tokens, bool IsSecond, int Type)
    {
        public static Part First { get; } = new(null, false, 0);

        public static Part Second { get; } = new(null, true, 1);

        public static Part Special(int token, int type = 0) => new([token], false, type);
    }
}
