using System.Text.RegularExpressions;

namespace Lora;

/// <summary>What <see cref="LoraOptions"/> mean for the layers of one model.</summary>
internal sealed class LoraChoice
{
    private readonly LoraOptions _options;
    private readonly (string Path, AdaptedLayer Layer)[] _candidates;
    private readonly string _there;
    private readonly IReadOnlyList<string> _heads;

    private LoraChoice(ModelState state, LoraOptions options)
    {
        _options = options;
        _heads = state.PeftModel?.HeadModules ?? [];
        _candidates = [.. state.AdaptedLayers];
        _there = _candidates.Length == 0
            ? "The model has no Linear or Embedding."
            : $"The layers there are: {string.Join(", ", _candidates.Select(named => ModulePath.WithoutNumbers(named.Path)).Distinct(StringComparer.Ordinal))}.";
        NamedLayer[] inFull = Matching([.. state.Layers], named => named.Path, options.ModulesToSave, ModulePath.IsWithin, "ModulesToSave", "lies in a module of that name");
        InFull = [.. inFull.Select(named => named.Layer)];
        var layers = Targets().Except(Excluded()).Where(named => !InFull.Contains(named.Layer)).ToList();
        layers = OfLayers(layers);
        if (layers.Count == 0)
        {
            throw new ArgumentException($"No layer is left of those that the targets choose. {_there}", nameof(options));
        }

        Adapted = WithSettings(layers);
        WithBias = options.Bias switch
        {
            LoraBias.None => [],
            LoraBias.All => [.. WithoutFrozenBias(state.Layers.Select(named => named.Layer))],
            LoraBias.LoraOnly => [.. WithoutFrozenBias(layers.Select(named => named.Layer))],
            _ => throw new ArgumentOutOfRangeException(nameof(options), options.Bias, $"There is no {nameof(LoraBias)} {(int)options.Bias}."),
        };
    }

    /// <summary>The layers that get an adapter, and which.</summary>
    public List<(string Path, AdaptedLayer Layer, LoraSettings Settings)> Adapted { get; }

    /// <summary>The layers that are trained in full.</summary>
    public List<Layer> InFull { get; }

    /// <summary>The layers whose bias is trained.</summary>
    public List<Layer> WithBias { get; }

    /// <exception cref="ArgumentException">A target, or another entry, chooses nothing or is malformed.</exception>
    public static LoraChoice Of(ModelState state, LoraOptions options)
    {
        options.Settings.Check();
        return new LoraChoice(state, options);
    }

    private static IEnumerable<Layer> WithoutFrozenBias(IEnumerable<Layer> layers) =>
        layers.Where(layer => layer.Weights.Any(weight => weight.Name == "bias"));

    private IEnumerable<(string Path, AdaptedLayer Layer)> Targets()
    {
        if (_options.TargetMatching == TargetMatching.AllLinear)
        {
            (string, AdaptedLayer)[] linears = [.. _candidates.Where(named => named.Layer is Linear && !_heads.Any(head => ModulePath.Contains(head, named.Path)))];
            return linears.Length > 0 ? linears : throw new ArgumentException($"No layer is a Linear that is no part of the head. {_there}", nameof(_options));
        }

        return _options.TargetModules is { Count: > 0 } targets
            ? Matching(_candidates, named => named.Path, targets, Matcher(_options.TargetMatching), "target", Means(_options.TargetMatching))
            : throw new ArgumentException($"TargetModules is empty: name at least one target. {_there}", nameof(_options));
    }

    private IEnumerable<(string Path, AdaptedLayer Layer)> Excluded()
    {
        TargetMatching matching = _options.TargetMatching == TargetMatching.AllLinear ? TargetMatching.Suffix : _options.TargetMatching;
        return Matching(_candidates, named => named.Path, _options.ExcludeModules, Matcher(matching), "ExcludeModules", Means(matching));
    }

    private List<(string Path, AdaptedLayer Layer)> OfLayers(List<(string Path, AdaptedLayer Layer)> layers)
    {
        if (_options.LayersToTransform is not { } indices)
        {
            return layers;
        }

        var chosen = layers.Where(named => ModulePath.LayerIndex(named.Path) is { } index && indices.Contains(index)).ToList();
        foreach (int index in indices)
        {
            if (!chosen.Exists(named => ModulePath.LayerIndex(named.Path) == index))
            {
                throw new ArgumentException($"LayersToTransform has {index}, and none of the targets lies in a layer of that number. {_there}", nameof(_options));
            }
        }

        return chosen;
    }

    private List<(string Path, AdaptedLayer Layer, LoraSettings Settings)> WithSettings(List<(string Path, AdaptedLayer Layer)> layers)
    {
        Dictionary<string, int> ranks = ByPath(layers, _options.RankPattern, nameof(LoraOptions.RankPattern));
        Dictionary<string, float> alphas = ByPath(layers, _options.AlphaPattern, nameof(LoraOptions.AlphaPattern));
        return
        [
            .. layers.Select(named => (named.Path, named.Layer, _options.Settings with
            {
                Rank = ranks.GetValueOrDefault(named.Path, _options.Rank),
                Alpha = alphas.GetValueOrDefault(named.Path, _options.Alpha),
            })),
        ];
    }

    private Dictionary<string, T> ByPath<T>(List<(string Path, AdaptedLayer Layer)> layers, IReadOnlyDictionary<string, T> patterns, string name)
        where T : notnull
    {
        var values = new Dictionary<string, T>(StringComparer.Ordinal);
        foreach ((string pattern, T value) in patterns)
        {
            Regex key = Parsed(() => ModulePath.Key(pattern), pattern, name);
            (string Path, AdaptedLayer Layer)[] found = [.. layers.Where(named => key.IsMatch(named.Path))];
            if (found.Length == 0)
            {
                throw new ArgumentException($"{name} has '{pattern}', which no path of an adapted layer ends with. {_there}", nameof(patterns));
            }

            foreach ((string path, _) in found)
            {
                if (!values.TryAdd(path, value) && !values[path].Equals(value))
                {
                    throw new ArgumentException($"{name} gives '{path}' two values, {values[path]} and {value}: '{pattern}' is not the only key that fits it.", nameof(patterns));
                }
            }
        }

        return values;
    }

    // Those that an entry matches; every entry must match one.
    private T[] Matching<T>(T[] from, Func<T, string> path, IReadOnlyList<string> entries, Func<string, string, bool> matches, string name, string means)
    {
        var chosen = new bool[from.Length];
        foreach (string entry in entries)
        {
            if (string.IsNullOrEmpty(entry))
            {
                throw new ArgumentException($"An entry of {(name == "target" ? "TargetModules" : name)} is an empty string.", nameof(_options));
            }

            bool isFound = false;
            for (int i = 0; i < from.Length; i++)
            {
                if (matches(path(from[i]), entry))
                {
                    chosen[i] = true;
                    isFound = true;
                }
            }

            if (!isFound)
            {
                string what = name == "target" ? $"The target '{entry}'" : $"{name} has '{entry}', which";
                throw new ArgumentException($"{what} matches no layer: no path {means}. {_there}", nameof(_options));
            }
        }

        return [.. from.Where((_, i) => chosen[i])];
    }

    private static string Means(TargetMatching matching) => matching switch
    {
        TargetMatching.Contains => "contains it",
        TargetMatching.Suffix => "is it or ends with a dot and it",
        _ => "as a whole fits the regular expression",
    };

    private static Func<string, string, bool> Matcher(TargetMatching matching)
    {
        switch (matching)
        {
            case TargetMatching.Contains:
                return (path, entry) => path.Contains(entry, StringComparison.Ordinal);
            case TargetMatching.Suffix:
                return ModulePath.EndsWith;
            case TargetMatching.Regex:
                var parsed = new Dictionary<string, Regex>(StringComparer.Ordinal);
                return (path, entry) =>
                {
                    if (!parsed.TryGetValue(entry, out Regex? regex))
                    {
                        regex = Parsed(() => ModulePath.Whole(entry), entry, nameof(LoraOptions.TargetModules));
                        parsed.Add(entry, regex);
                    }

                    return regex.IsMatch(path);
                };
            default:
                throw new ArgumentOutOfRangeException(nameof(matching), matching, "No such way of matching.");
        }
    }

    private static Regex Parsed(Func<Regex> parse, string pattern, string name)
    {
        try
        {
            return parse();
        }
        catch (ArgumentException fault)
        {
            throw new ArgumentException($"{name} has '{pattern}', which is no regular expression: {fault.Message}", nameof(pattern), fault);
        }
    }
}
