using System.Text.RegularExpressions;

namespace Lora;

/// <summary>PEFT's rules of matching dotted paths.</summary>
internal static class ModulePath
{
    /// <summary>The part of what <see cref="Layer"/> fits that is the number.</summary>
    public const string LayerGroup = "layer";

    private static readonly TimeSpan _timeout = TimeSpan.FromSeconds(1);

    /// <summary>Whether a path equals an entry, or ends with a dot and it.</summary>
    public static bool EndsWith(string path, string entry) =>
        path.EndsWith(entry, StringComparison.Ordinal) && (path.Length == entry.Length || path[path.Length - entry.Length - 1] == '.');

    /// <summary>Whether a path, or one of the modules that it lies in, ends with an entry.</summary>
    public static bool IsWithin(string path, string entry)
    {
        for (int end = path.Length; end > 0; end = path.LastIndexOf('.', end - 1))
        {
            if (EndsWith(path[..end], entry))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether a path is a module's own, or that of a part of it.</summary>
    public static bool Contains(string module, string path) =>
        path.StartsWith(module, StringComparison.Ordinal) && (path.Length == module.Length || path[module.Length] == '.');

    /// <summary>A path with a star for each number in it, for lists that people read.</summary>
    public static string WithoutNumbers(string path) => string.Join('.', path.Split('.').Select(part => int.TryParse(part, out _) ? "*" : part));

    /// <summary>The first number in a path, or null where there is none.</summary>
    public static int? LayerIndex(string path)
    {
        foreach (string part in path.Split('.'))
        {
            if (int.TryParse(part, out int index))
            {
                return index;
            }
        }

        return null;
    }

    /// <summary>A pattern that is to fit a whole path.</summary>
    /// <exception cref="ArgumentException">It is no regular expression.</exception>
    public static Regex Whole(string pattern) => new($@"\A(?:{pattern})\z", RegexOptions.CultureInvariant, _timeout);

    /// <summary>Where PEFT finds a layer's number: the last that stands between two dots behind what a pattern fits.</summary>
    /// <inheritdoc cref="Whole"/>
    public static Regex Layer(string pattern) => new($@"\A(?:.*\.)?(?:{pattern})\.(?<{LayerGroup}>[0-9]+)\.", RegexOptions.CultureInvariant, _timeout);

    /// <summary>The key of a rank or alpha pattern: it fits a path's end that begins at a dot.</summary>
    /// <inheritdoc cref="Whole"/>
    public static Regex Key(string pattern) => new($@"\A(?:.*\.)?(?:{pattern})\z", RegexOptions.CultureInvariant, _timeout);
}
