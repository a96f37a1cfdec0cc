namespace Lora;

public abstract partial class AdaptedLayer
{
    /// <summary>The name of the adapter that <c>[Lora]</c>, <c>ApplyLora</c> and PEFT's files give where none is said.</summary>
    internal const string DefaultName = "default";

    private readonly OrderedDictionary<string, LoraAdapter> _adapters = new(StringComparer.Ordinal);

    /// <summary>The adapters by name, the active one among them.</summary>
    internal IReadOnlyDictionary<string, LoraAdapter> Adapters => _adapters;

    /// <summary>The name of the active adapter, or null.</summary>
    internal string? ActiveName { get; private set; }

    /// <summary>Attaches an adapter drawn from hash(seed, path), in place of the one that had the name, and makes it the active one.</summary>
    internal void Attach(LoraSettings settings, string path, string name = DefaultName)
    {
        FoundAt(path);
        Attach(NewAdapter(settings, Path!), path, name);
    }

    internal void Attach(LoraAdapter adapter, string path, string name = DefaultName)
    {
        RefuseMerged("attach an adapter");
        FoundAt(path);
        adapter.Rename(Path!);
        if (_adapters.TryGetValue(name, out LoraAdapter? replaced))
        {
            replaced.SetActive(false);
        }

        _adapters[name] = adapter;
        Activate(name);
    }

    /// <summary>Makes the adapter of a name the active one: none where the layer has none of that name, or the name is null.</summary>
    internal void Activate(string? name)
    {
        LoraAdapter? adapter = name is null ? null : _adapters.GetValueOrDefault(name);
        ActiveName = adapter is null ? null : name;
        if (ReferenceEquals(adapter, Adapter))
        {
            return;
        }

        RefuseMerged("switch to another");
        Adapter?.SetActive(false);
        adapter?.SetActive(true);
        Adapter = adapter;
        Wrapper = null;
        CountChange();
    }

    /// <summary>Forgets the adapter of a name, if there is one.</summary>
    internal void Remove(string name)
    {
        if (ActiveName == name)
        {
            Activate(null);
        }

        if (_adapters.Remove(name, out LoraAdapter? removed))
        {
            removed.SetActive(false);
            CountChange();
        }
    }
}
