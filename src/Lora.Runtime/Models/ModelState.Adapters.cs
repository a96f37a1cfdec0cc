namespace Lora;

public sealed partial class ModelState
{
    /// <summary>The named adapters.</summary>
    public AdapterSet Adapters => field ??= new AdapterSet(this);

    /// <summary>Gives adapters to the layers that the options choose.</summary>
    /// <param name="options">Which layers, and the rank and scaling.</param>
    /// <returns>The paths of the adapted layers.</returns>
    public IReadOnlyList<string> ApplyLora(LoraOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        RefuseMerged("apply others");
        AdapterSet.CheckName(options.AdapterName, nameof(options));
        LoraChoice choice = LoraChoice.Of(this, options);
        foreach ((string path, AdaptedLayer layer, LoraSettings settings) in choice.Adapted)
        {
            try
            {
                layer.CheckFits(settings);
            }
            catch (ArgumentException fault)
            {
                throw new ArgumentException($"'{path}' cannot be adapted. {fault.Message}", nameof(options), fault);
            }
        }

        foreach ((string path, AdaptedLayer layer, LoraSettings settings) in choice.Adapted)
        {
            layer.Attach(settings, path, options.AdapterName);
        }

        ActivateAdapter(options.AdapterName);
        foreach (Layer layer in choice.InFull.Where(layer => !layer.IsTrainedInPlace))
        {
            layer.AddCopy(options.AdapterName);
        }

        choice.WithBias.ForEach(layer => layer.TrainsBias = true);
        return [.. choice.Adapted.Select(adapted => adapted.Path)];
    }

    /// <summary>Makes one adapter the active one in every layer: none, and the original weights, in those that have none of that name.</summary>
    internal void ActivateAdapter(string? name)
    {
        foreach ((_, Layer layer, _, _) in _layers)
        {
            layer.ActivateCopy(name);
            (layer as AdaptedLayer)?.Activate(name);
        }
    }

    /// <summary>Folds every adapter into its layer's weights.</summary>
    /// <param name="keepOriginals">Whether the originals are kept for undoing.</param>
    public void MergeAdapters(bool keepOriginals)
    {
        RefuseMerged("merge again");
        AdaptedLayer[] adapted = [.. AdaptedLayers.Select(named => named.Layer).Where(layer => layer.Adapter is not null)];
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
}
