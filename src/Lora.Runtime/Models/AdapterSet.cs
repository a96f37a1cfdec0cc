namespace Lora;

/// <summary>
/// The named adapters of a model. At most one is active: the one that calls add, training trains and merging folds in. <c>ApplyLora</c> and
/// <c>PeftAdapter.Load</c> add adapters and make them active. Layers that an adapter trains in full beside (<see cref="LoraOptions.ModulesToSave"/>) are copies
/// of its own: they come and go with it.
/// </summary>
/// <example><code>
/// PeftAdapter.Load(model, "pirate");                     // named "default"
/// PeftAdapter.Load(model, "poet", adapter: "poet");
/// model.Adapters.Activate("default");
/// model.Adapters.Combine("both", ("default", 0.5f), ("poet", 0.5f));
/// model.MergeAdapters();                                 // the active one, "both"
/// </code></example>
public sealed class AdapterSet
{
    private readonly ModelState _state;

    internal AdapterSet(ModelState state) => _state = state;

    /// <summary>The names, in the order of the layers that have them.</summary>
    public IReadOnlyList<string> Names => [.. _state.AdaptedLayers.SelectMany(named => named.Layer.Adapters.Keys).Distinct(StringComparer.Ordinal)];

    /// <summary>
    /// The name of the active adapter, or null where there is none. A part of the model that is used as a model of its own may have switched apart from the
    /// rest; then it is the first layer's.
    /// </summary>
    public string? Active => ActiveNames.FirstOrDefault();

    /// <summary>What the files of loaded and saved adapters say of their base model, by the adapters' names.</summary>
    internal Dictionary<string, PeftOrigin> Origins { get; } = new(StringComparer.Ordinal);

    internal IReadOnlyList<string> ActiveNames => [.. _state.AdaptedLayers.Select(named => named.Layer.ActiveName).OfType<string>().Distinct(StringComparer.Ordinal)];

    /// <summary>Makes an adapter the active one, in place of the one that is. Layers that have none of that name run without any.</summary>
    /// <param name="name">Its name.</param>
    /// <exception cref="ArgumentException">There is no adapter of that name.</exception>
    /// <exception cref="InvalidOperationException">The active adapter is merged.</exception>
    public void Activate(string name)
    {
        Check(name);
        _state.RefuseMerged("switch to another");
        _state.ActivateAdapter(name);
    }

    /// <summary>Switches the active adapter off: the model is as without any, until <see cref="Activate"/>.</summary>
    /// <exception cref="InvalidOperationException">The active adapter is merged.</exception>
    public void Disable()
    {
        _state.RefuseMerged("switch it off");
        _state.ActivateAdapter(null);
    }

    /// <summary>
    /// Adds an adapter that changes the weights by a weighted sum of what others change them by, exactly: its A and B are theirs side by side, so that its
    /// rank is the sum of theirs (PEFT's combination "cat"). It is a copy, becomes the active one, and may be trained, saved and merged.
    /// </summary>
    /// <param name="name">Its name; an adapter that has it is replaced, even one of the parts.</param>
    /// <param name="parts">The names and weights of the others.</param>
    /// <exception cref="ArgumentException">A name is none of the model's, or a weight not finite, or a part has a magnitude, or layers trained in full, which sums do not keep.</exception>
    /// <exception cref="InvalidOperationException">The active adapter is merged.</exception>
    public void Combine(string name, params ReadOnlySpan<(string Name, float Weight)> parts)
    {
        CheckName(name, nameof(name));
        _state.RefuseMerged("combine others");
        if (parts.IsEmpty)
        {
            throw new ArgumentException("There is nothing to combine: give at least one adapter with its weight.", nameof(parts));
        }

        foreach ((string part, float weight) in parts)
        {
            Check(part);
            if (!float.IsFinite(weight))
            {
                throw new ArgumentException($"The weight of '{part}' is {weight}; it must be a finite number.", nameof(parts));
            }

            if (_state.Layers.FirstOrDefault(named => named.Layer.HasCopy(part)) is { } copied)
            {
                throw new ArgumentException($"The adapter '{part}' has a '{copied.Path}' of its own, trained in full, which is no part of a sum.", nameof(parts));
            }
        }

        var combined = new List<(string Path, AdaptedLayer Layer, LoraAdapter? Adapter)>();
        foreach ((string path, AdaptedLayer layer) in _state.AdaptedLayers)
        {
            var there = new List<(LoraAdapter Adapter, float Weight)>();
            foreach ((string part, float weight) in parts)
            {
                if (layer.Adapters.TryGetValue(part, out LoraAdapter? adapter))
                {
                    there.Add(adapter.Magnitude is null
                        ? (adapter, weight)
                        : throw new ArgumentException($"The adapter '{part}' of '{path}' has a magnitude (DoRA), so that its change is no part of a sum.", nameof(parts)));
                }
            }

            combined.Add((path, layer, there.Count > 0 ? LoraAdapter.Combine(there) : null));
        }

        RemoveCopies(name);
        foreach ((string path, AdaptedLayer layer, LoraAdapter? adapter) in combined)
        {
            if (adapter is null)
            {
                layer.Remove(name);
            }
            else
            {
                layer.Attach(adapter, path, name);
            }
        }

        _state.ActivateAdapter(name);
    }

    /// <summary>Forgets an adapter. Where it was the active one, none is active then.</summary>
    /// <param name="name">Its name.</param>
    /// <exception cref="ArgumentException">There is no adapter of that name.</exception>
    /// <exception cref="InvalidOperationException">The active adapter is merged.</exception>
    public void Delete(string name)
    {
        Check(name);
        _state.RefuseMerged("delete one");
        foreach ((_, AdaptedLayer layer) in _state.AdaptedLayers)
        {
            layer.Remove(name);
        }

        RemoveCopies(name);
        Origins.Remove(name);
    }

    /// <summary>Holds a name to what PEFT, whose files have it as a folder, can use.</summary>
    internal static void CheckName(string name, string parameter)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name, parameter);
        if (name.AsSpan().ContainsAny("./\\:") || name.Contains("lora_", StringComparison.Ordinal))
        {
            throw new ArgumentException($"'{name}' cannot name an adapter: dots, slashes, colons and 'lora_' stand for other things in PEFT's files.", parameter);
        }
    }

    private void RemoveCopies(string name)
    {
        foreach (NamedLayer named in _state.Layers)
        {
            named.Layer.RemoveCopy(name);
        }
    }

    private void Check(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (!_state.AdaptedLayers.Any(named => named.Layer.Adapters.ContainsKey(name)))
        {
            string[] names = [.. Names];
            throw new ArgumentException(
                $"There is no adapter '{name}'. {(names.Length == 0 ? "The model has none." : $"The model has: {string.Join(", ", names)}.")}", nameof(name));
        }
    }
}
