namespace Lora.Models;

/// <summary>Reads one adapter from a GGUF file: first everything, with all faults, then into the model.</summary>
internal sealed class GgufLoading(GgufArchitecture architecture, ModelState state, GgufFile file)
{
    private readonly List<string> _faults = [];
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private readonly List<(string Path, AdaptedLayer Layer, LoraAdapter Adapter)> _adapters = [];

    /// <returns>The paths of the adapted layers.</returns>
    public IReadOnlyList<string> Run(string name)
    {
        AdapterSet.CheckName(name, "adapter");
        state.RefuseMerged("load others");
        float alpha = ReadMetadata();
        foreach ((string path, AdaptedLayer layer) in state.AdaptedLayers)
        {
            if (architecture.NameOf(path) is { } tensor && (file.Tensors.ContainsKey(tensor + ".lora_a") || file.Tensors.ContainsKey(tensor + ".lora_b")))
            {
                Read(path, layer, tensor, alpha);
            }
        }

        _faults.AddRange(file.Tensors.Keys.Where(tensor => !_known.Contains(tensor)).Select(tensor => $"extra: {tensor}, which no layer of the model takes"));
        if (_faults.Count == 0 && _adapters.Count == 0)
        {
            _faults.Add("the adapter has no layer");
        }

        if (_faults.Count > 0)
        {
            throw new InvalidDataException($"'{file.Path}': {string.Join("; ", _faults)}.");
        }

        Apply(name);
        return [.. _adapters.Select(loaded => loaded.Path)];
    }

    // What llama.cpp checks too. Without an alpha, or with 0, it does not scale by alpha / r.
    private float ReadMetadata()
    {
        Require("general.type", "adapter");
        Require("adapter.type", "lora");
        Require("general.architecture", architecture.Name);
        if (file.Metadata.TryGetValue("adapter.alora.invocation_tokens", out object? tokens) && tokens is object[] { Length: > 0 })
        {
            throw new NotSupportedException($"'{file.Path}': the adapter acts only after certain tokens (adapter.alora.invocation_tokens), which is not supported.");
        }

        return file.Metadata.GetValueOrDefault("adapter.lora.alpha") switch
        {
            null => 0,
            float alpha when float.IsFinite(alpha) && alpha >= 0 => alpha,
            object other => throw new InvalidDataException($"'{file.Path}': adapter.lora.alpha is {other}, which is no positive float32."),
        };
    }

    private void Require(string key, string wanted)
    {
        if (file.Metadata.GetValueOrDefault(key) is not string value || value != wanted)
        {
            throw new InvalidDataException($"'{file.Path}': {key} is {file.Metadata.GetValueOrDefault(key) ?? "absent"}, where {wanted} is expected.");
        }
    }

    private void Read(string path, AdaptedLayer layer, string tensor, float alpha)
    {
        GgufTensor? a = Find(tensor + ".lora_a");
        GgufTensor? b = Find(tensor + ".lora_b");
        if (a is null || b is null)
        {
            return;
        }

        (int inputs, int features) = layer is Linear linear ? (linear.InFeatures, linear.OutFeatures) : (((Embedding)layer).Count, ((Embedding)layer).Width);
        int rank = b.Shape.Count == 2 ? (int)b.Shape[1] : 0;
        long[] shapeOfA = layer is Embedding ? [inputs, rank] : [rank, inputs];
        if (rank == 0 || !a.Shape.SequenceEqual(shapeOfA) || b.Shape[0] != features)
        {
            _faults.Add($"shape: {tensor} has the pair [{string.Join(", ", a.Shape)}] and [{string.Join(", ", b.Shape)}], where the model takes "
                + (layer is Embedding ? $"[{inputs}, r] and [{features}, r]" : $"[r, {inputs}] and [{features}, r]"));
            return;
        }

        LoraAdapter adapter = layer.NewUndrawnAdapter(new LoraSettings { Rank = rank, Alpha = alpha == 0 ? rank : alpha });
        Tensor valuesOfA = file.Read(a);
        Tensor valuesOfB = file.Read(b);
        if (architecture.InterleavedHeads(path) is { } heads)
        {
            valuesOfB = GgufRows.Separate(valuesOfB, heads);
        }

        (layer is Embedding ? valuesOfA : Nn.Transpose(valuesOfA)).Span.CopyTo(adapter.A.Span);
        Nn.Transpose(valuesOfB).Span.CopyTo(adapter.B.Span);
        _adapters.Add((path, layer, adapter));
    }

    private GgufTensor? Find(string name)
    {
        _known.Add(name);
        if (file.Tensors.TryGetValue(name, out GgufTensor? tensor))
        {
            return tensor;
        }

        _faults.Add($"missing: {name}");
        return null;
    }

    private void Apply(string name)
    {
        HashSet<AdaptedLayer> adapted = [.. _adapters.Select(loaded => loaded.Layer)];
        foreach ((_, AdaptedLayer layer) in state.AdaptedLayers.Where(named => !adapted.Contains(named.Layer)))
        {
            layer.Remove(name);
        }

        foreach ((string path, AdaptedLayer layer, LoraAdapter adapter) in _adapters)
        {
            layer.Attach(adapter, path, name);
        }

        state.ActivateAdapter(name);
    }
}
