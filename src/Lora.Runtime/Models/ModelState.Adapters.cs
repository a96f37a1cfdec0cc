using System.Text.RegularExpressions;

namespace Lora;

public sealed partial class ModelState
{
    /// <summary>Gives adapters to the layers that the options choose.</summary>
    /// <param name="options">Which layers, and the rank and scaling.</param>
    /// <returns>The paths of the adapted layers.</returns>
    public IReadOnlyList<string> ApplyLora(LoraOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        RefuseMerged("apply others");
        LoraSettings settings = options.Settings;
        settings.Check();
        List<NamedLayer> chosen = Choose(options);
        foreach (NamedLayer named in chosen)
        {
            try
            {
                ((AdaptedLayer)named.Layer).CheckFits(settings);
            }
            catch (ArgumentException fault)
            {
                throw new ArgumentException($"'{named.Path}' cannot be adapted. {fault.Message}", nameof(options), fault);
            }
        }

        foreach (NamedLayer named in chosen)
        {
            ((AdaptedLayer)named.Layer).Attach(settings, named.Path);
        }

        return [.. chosen.Select(named => named.Path)];
    }

    /// <summary>Folds every adapter into its layer's weights.</summary>
    /// <param name="keepOriginals">Whether the originals are kept for undoing.</param>
    public void MergeAdapters(bool keepOriginals)
    {
        RefuseMerged("merge again");
        AdaptedLayer[] adapted = [.. _layers.Select(named => named.Layer).OfType<AdaptedLayer>().Where(layer => layer.Adapter is not null)];
        if (adapted.Length == 0)
        {
            throw new InvalidOperationException("The model has no adapter to merge: mark layers with [Lora] or call ApplyLora first.");
        }

        foreach (NamedLayer named in _layers)
        {
            if (named.Layer is AdaptedLayer { Adapter: not null, IsFrozen: false })
            {
                throw new InvalidOperationException($"'{named.Path}' is trained in full; its adapter cannot be merged in place. Freeze it first.");
            }
        }

        foreach (AdaptedLayer layer in adapted)
        {
            layer.Merge(keepOriginals);
        }
    }

    /// <summary>Puts the original weights back, bit for bit.</summary>
    public void UnmergeAdapters()
    {
        NamedLayer[] merged = [.. _layers.Where(named => named.Layer is AdaptedLayer { IsMerged: true })];
        if (merged.Length == 0)
        {
            throw new InvalidOperationException("The adapters are not merged.");
        }

        if (merged.FirstOrDefault(named => !((AdaptedLayer)named.Layer).CanUnmerge) is { } lost)
        {
            throw new InvalidOperationException(
                $"The adapter of '{lost.Path}' was merged without keeping the originals; it cannot be undone. Merge with keepOriginals: true to be able to.");
        }

        foreach (NamedLayer named in merged)
        {
            ((AdaptedLayer)named.Layer).Unmerge();
        }
    }

    private List<NamedLayer> Choose(LoraOptions options)
    {
        NamedLayer[] candidates = [.. _layers.Where(named => named.Layer is AdaptedLayer)];
        string there = candidates.Length == 0
            ? "The model has no Linear or Embedding."
            : $"The layers there are: {string.Join(", ", candidates.Select(named => named.Path))}.";
        if (options.TargetMatching == TargetMatching.AllLinear)
        {
            NamedLayer[] linears = [.. candidates.Where(named => named.Layer is Linear)];
            return linears.Length > 0 ? [.. linears] : throw new ArgumentException($"No layer is a Linear. {there}", nameof(options));
        }

        if (options.TargetModules is not { Count: > 0 })
        {
            throw new ArgumentException($"TargetModules is empty: name at least one target. {there}", nameof(options));
        }

        var chosen = new HashSet<NamedLayer>(ReferenceEqualityComparer.Instance);
        foreach (string target in options.TargetModules)
        {
            Func<string, bool> matches = Matcher(target, options.TargetMatching);
            NamedLayer[] found = [.. candidates.Where(named => matches(named.Path))];
            if (found.Length == 0)
            {
                throw new ArgumentException($"The target '{target}' matches no layer: {Means(options.TargetMatching)}. {there}", nameof(options));
            }

            chosen.UnionWith(found);
        }

        return [.. candidates.Where(chosen.Contains)];
    }

    private static string Means(TargetMatching matching) => matching switch
    {
        TargetMatching.Contains => "no path contains it",
        TargetMatching.Suffix => "no path is it or ends with a dot and it",
        _ => "no whole path fits the regular expression",
    };

    private static Func<string, bool> Matcher(string target, TargetMatching matching)
    {
        if (string.IsNullOrEmpty(target))
        {
            throw new ArgumentException("A target module is an empty string.", nameof(target));
        }

        switch (matching)
        {
            case TargetMatching.Contains:
                return path => path.Contains(target, StringComparison.Ordinal);
            case TargetMatching.Suffix:
                return path => path == target || path.EndsWith("." + target, StringComparison.Ordinal);
            case TargetMatching.Regex:
                var regex = new Regex($"^(?:{target})$", RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));
                return regex.IsMatch;
            default:
                throw new ArgumentOutOfRangeException(nameof(matching), matching, "No such way of matching.");
        }
    }
}
