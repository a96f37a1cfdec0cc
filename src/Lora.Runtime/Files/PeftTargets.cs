using System.Text.RegularExpressions;

namespace Lora;

/// <summary>The rules of a PEFT configuration that say which layers have an adapter.</summary>
internal sealed record PeftTargets
{
    /// <summary>What a path equals, or ends with after a dot; null where there is no such list.</summary>
    public IReadOnlyList<string>? Suffixes { get; init; }

    /// <summary>What the whole path fits; null where there is no such pattern.</summary>
    public Regex? Pattern { get; init; }

    /// <summary>Whether every linear layer is meant that is no head.</summary>
    public bool IsAllLinear { get; init; }

    /// <summary>What takes layers away, as the suffixes choose them.</summary>
    public IReadOnlyList<string> Exclude { get; init; } = [];

    /// <summary>What takes layers away, as the pattern chooses them.</summary>
    public Regex? ExcludePattern { get; init; }

    /// <summary>The numbers that a suffix's layers have in their paths; null where any will do.</summary>
    public IReadOnlyList<int>? Layers { get; init; }

    /// <summary>Where that number stands: the first that fits a path counts.</summary>
    public IReadOnlyList<Regex> LayersPattern { get; init; } = [ModulePath.Layer("[^.]*")];

    /// <summary>Whether every layer that matches has an adapter; else the model, which PEFT asks, has a say in it.</summary>
    public bool IsExact => Suffixes is not null || Pattern is not null;

    /// <summary>The shortest list of suffixes that means these layers and no other, or else their whole paths, as the alternatives of a pattern.</summary>
    /// <param name="adapted">The paths that are meant.</param>
    /// <param name="others">The paths of the other layers.</param>
    public static (IReadOnlyList<string> Suffixes, string? Pattern) For(IReadOnlyList<string> adapted, IReadOnlyList<string> others)
    {
        var suffixes = new SortedSet<string>(StringComparer.Ordinal);
        foreach (string path in adapted)
        {
            string last = path[(path.LastIndexOf('.') + 1)..];
            bool isShort = !char.IsAsciiDigit(last[0]) && !others.Any(other => ModulePath.EndsWith(other, last));
            if (!isShort && others.Any(other => ModulePath.EndsWith(other, path)))
            {
                // PEFT matches a string as a Python pattern against the whole path.
                return ([], string.Join('|', adapted.Select(Regex.Escape)));
            }

            suffixes.Add(isShort ? last : path);
        }

        return ([.. suffixes], null);
    }

    /// <summary>Whether a layer's path is meant.</summary>
    /// <exception cref="RegexMatchTimeoutException">A pattern takes too long.</exception>
    public bool IsMeant(string path, Layer layer)
    {
        if ((ExcludePattern?.IsMatch(path) ?? false) || Exclude.Any(entry => ModulePath.EndsWith(path, entry)))
        {
            return false;
        }

        if (Suffixes is null)
        {
            return Pattern?.IsMatch(path) ?? (!IsAllLinear || layer is Linear);
        }

        return Suffixes.Contains(path)
            || (Suffixes.Any(entry => ModulePath.EndsWith(path, entry)) && (Layers is null || (LayerOf(path) is { } number && Layers.Contains(number))));
    }

    private int? LayerOf(string path)
    {
        Match? found = LayersPattern.Select(pattern => pattern.Match(path)).FirstOrDefault(match => match.Success);
        return found is not null && int.TryParse(found.Groups[ModulePath.LayerGroup].ValueSpan, out int number) ? number : null;
    }
}
