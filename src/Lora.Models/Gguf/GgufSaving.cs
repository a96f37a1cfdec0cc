using System.Numerics.Tensors;

namespace Lora.Models;

/// <summary>Writes one adapter of a model as a GGUF file.</summary>
internal static class GgufSaving
{
    public static void Run(GgufArchitecture architecture, ModelState state, string path, string? adapter, GgufType type)
    {
        state.RefuseMerged("save it");
        string name = NameOf(state.Adapters, adapter);
        (string Path, AdaptedLayer Layer, LoraAdapter Adapter)[] adapted =
            [.. state.AdaptedLayers.Where(named => named.Layer.Adapters.ContainsKey(name)).Select(named => (named.Path, named.Layer, named.Layer.Adapters[name]))];
        RefuseWhatHasNoPlace(architecture, state, adapted);

        // llama.cpp scales by alpha / r, with the r of each pair: one alpha for all, or else B is scaled so that it is.
        double[] alphas = [.. adapted.Select(named => (double)named.Adapter.Scaling * named.Adapter.Rank)];
        bool isShared = alphas.All(own => (float)own == (float)alphas[0]);
        double alpha = isShared ? alphas[0] : adapted[0].Adapter.Rank;
        var writer = new GgufWriter();
        writer.Add("general.architecture", architecture.Name);
        writer.Add("general.type", "adapter");
        writer.Add("general.file_type", type == GgufType.Float32 ? GgufFormat.F32 : GgufFormat.F16);
        writer.Add("adapter.type", "lora");
        writer.Add("adapter.lora.alpha", (float)alpha);
        for (int i = 0; i < adapted.Length; i++)
        {
            string tensor = architecture.NameOf(adapted[i].Path)!;
            LoraAdapter pair = adapted[i].Adapter;
            Tensor b = ToRows(pair.B.Value);
            if (!isShared)
            {
                TensorPrimitives.Multiply(b.Span, (float)(alphas[i] / alpha), b.Span);
            }

            if (architecture.InterleavedHeads(adapted[i].Path) is { } heads)
            {
                b = GgufRows.Interleave(b, heads);
            }

            Add(writer, tensor + ".lora_a", adapted[i].Layer is Embedding ? pair.A.Value : ToRows(pair.A.Value), type);
            Add(writer, tensor + ".lora_b", b, type);
        }

        writer.Write(path);
    }

    private static string NameOf(AdapterSet adapters, string? adapter)
    {
        string name = adapter ?? adapters.Active ?? throw new InvalidOperationException(
            adapters.Names.Count == 0 ? "The model has no adapter to save: load one, or call ApplyLora first." : "No adapter is active: activate one, or name the one to save.");
        return adapters.Names.Contains(name)
            ? name
            : throw new ArgumentException($"There is no adapter '{name}'. The model has: {string.Join(", ", adapters.Names)}.", nameof(adapter));
    }

    private static void RefuseWhatHasNoPlace(GgufArchitecture architecture, ModelState state, (string Path, AdaptedLayer Layer, LoraAdapter Adapter)[] adapted)
    {
        var faults = new List<string>();
        foreach ((string path, AdaptedLayer layer, LoraAdapter adapter) in adapted)
        {
            if (adapter.Magnitude is not null)
            {
                faults.Add($"the adapter of '{path}' has a magnitude (DoRA)");
            }

            if (architecture.NameOf(path) is null)
            {
                faults.Add($"llama.cpp takes no adapter of '{path}'");
            }
            else if (layer is Embedding && architecture.IsTied)
            {
                faults.Add($"'{path}' is the head too, which its adapter would change");
            }
        }

        faults.AddRange(state.Layers.Where(named => !named.Layer.IsFrozen).Select(named => $"'{named.Path}' is trained in full (modules_to_save)"));
        faults.AddRange(state.Layers
            .Where(named => named.Layer is { TrainsBias: true, IsFrozen: true } && named.Layer.Weights.Any(weight => weight.Name == "bias"))
            .Select(named => $"the bias of '{named.Path}' is trained"));
        if (faults.Count > 0)
        {
            throw new InvalidOperationException($"GGUF cannot hold this adapter: {string.Join("; ", faults)}. Merge it into the model instead, and convert that.");
        }
    }

    private static void Add(GgufWriter writer, string name, Tensor value, GgufType type)
    {
        if (type == GgufType.Float16 && value.Length > 0 && TensorPrimitives.MaxMagnitude<float>(value.Span) is var largest && !float.IsFinite((float)(Half)largest))
        {
            throw new InvalidOperationException($"{name} has a value of magnitude {Math.Abs(largest)}, which float16 does not hold: write float32.");
        }

        writer.Add(name, value, type == GgufType.Float32 ? GgufFormat.F32 : GgufFormat.F16);
    }

    // A copy, as the transpose is what PEFT and GGUF have.
    private static Tensor ToRows(Tensor factor) => Nn.Transpose(factor);
}
