using System.Globalization;
using System.Text.RegularExpressions;

namespace Lora.Generators;

/// <summary>Whether a target of <c>ApplyLora</c> can match a path, and which name is nearest to one that matches none.</summary>
internal static class TargetMatcher
{
    private const int LayersTried = 100;
    private const int NestedLayersTried = 20;
    private const int MostIndices = 2;

    /// <summary>As <c>TargetMatching</c> of the runtime says, by the names of its values; true where it cannot be known.</summary>
    public static bool Matches(string target, string matching, string path)
    {
        switch (matching)
        {
            case "Contains":
                return Enumerable.Range(0, path.Length).Any(start => FitsAt(target, 0, path, start, toEnd: false));
            case "Suffix":
                return Enumerable.Range(0, path.Length).Any(start => (start == 0 || path[start - 1] == '.') && FitsAt(target, 0, path, start, toEnd: true));
            case "Regex":
                return MatchesPattern(target, path);
            default:
                return true;
        }
    }

    /// <summary>The name, of as many dotted parts as the target has, that is the fewest letters away from it.</summary>
    public static string? Nearest(string target, IEnumerable<string> paths)
    {
        int parts = target.Split('.').Length;
        return paths.Select(path => path.Split('.'))
            .Select(path => string.Join(".", path.Skip(Math.Max(0, path.Length - parts))))
            .Where(name => name.IndexOf(LayerPaths.Index) < 0)
            .Distinct()
            .OrderBy(name => Distance(target, name)).ThenBy(name => name, StringComparer.Ordinal)
            .FirstOrDefault();
    }

    private static bool FitsAt(string target, int i, string path, int j, bool toEnd)
    {
        if (i == target.Length)
        {
            return !toEnd || j == path.Length;
        }

        if (j == path.Length)
        {
            return false;
        }

        return path[j] == LayerPaths.Index
            ? target[i] is >= '0' and <= '9' && (FitsAt(target, i + 1, path, j, toEnd) || FitsAt(target, i + 1, path, j + 1, toEnd))
            : path[j] == target[i] && FitsAt(target, i + 1, path, j + 1, toEnd);
    }

    private static bool MatchesPattern(string pattern, string path)
    {
        try
        {
            var regex = new Regex($"^(?:{pattern})$", RegexOptions.CultureInvariant, TimeSpan.FromMilliseconds(100));
            return path.Count(letter => letter == LayerPaths.Index) > MostIndices || WithNumbers(path).Any(regex.IsMatch);
        }
        catch (RegexMatchTimeoutException)
        {
            return true;
        }
        catch (ArgumentException)
        {
            return false; // No regular expression: it matches nothing.
        }
    }

    // The path with each number that an index may be, up to as many layers as are tried.
    private static IEnumerable<string> WithNumbers(string path)
    {
        int at = path.IndexOf(LayerPaths.Index);
        if (at < 0)
        {
            return [path];
        }

        int tried = path.Count(letter => letter == LayerPaths.Index) == 1 ? LayersTried : NestedLayersTried;
        return Enumerable.Range(0, tried)
            .SelectMany(number => WithNumbers(path.Substring(at + 1)).Select(rest => path.Substring(0, at) + number.ToString(CultureInfo.InvariantCulture) + rest));
    }

    // Levenshtein's: insertions, deletions and substitutions.
    private static int Distance(string from, string to)
    {
        int[] row = [.. Enumerable.Range(0, to.Length + 1)];
        for (int i = 1; i <= from.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= to.Length; j++)
            {
                int above = row[j];
                row[j] = Math.Min(Math.Min(row[j - 1], above) + 1, diagonal + (from[i - 1] == to[j - 1] ? 0 : 1));
                diagonal = above;
            }
        }

        return row[to.Length];
    }
}
