using System.Numerics.Tensors;

namespace Lora.Testing;

/// <summary>
/// Adapters that hide nothing: B ≠ 0, a scaling other than 1, large enough to matter. They take the place of the model's own until they are disposed, which also
/// puts back the values of what is trained in full.
/// </summary>
internal sealed class ProofAdapters : IDisposable
{
    /// <summary>The name of the adapters under proof.</summary>
    public const string Name = "model-proof";

    private readonly Subject _subject;
    private readonly int _nextStep;
    private readonly List<(string Path, AdaptedLayer Layer, KeyValuePair<string, LoraAdapter>[] Adapters, string? Active)> _own;
    private readonly List<(Parameter Parameter, float[] Values)> _trained = [];

    private ProofAdapters(Subject subject)
    {
        _subject = subject;
        _nextStep = subject.State.NextStep;
        _own = [.. subject.State.AdaptedLayers.Select(named => (named.Path, named.Layer, named.Layer.Adapters.ToArray(), named.Layer.ActiveName))];
        foreach ((string path, AdaptedLayer layer, KeyValuePair<string, LoraAdapter>[] adapters, _) in _own)
        {
            LoraAdapter? telling = layer.Adapter is { } active ? Telling(layer, active.Settings, path, subject.Options.Seed) : null;
            foreach ((string name, _) in adapters)
            {
                layer.Remove(name);
            }

            if (telling is not null)
            {
                layer.Attach(telling, path, Name);
            }
        }

        var proved = subject.Adapted.SelectMany(adapted => adapted.Layer.Adapter!.Parameters).ToHashSet();
        foreach (Parameter parameter in subject.Model.TrainableParameters.Where(parameter => !proved.Contains(parameter)))
        {
            _trained.Add((parameter, parameter.Span.ToArray()));
        }
    }

    public static ProofAdapters Attach(Subject subject)
    {
        subject.State.RefuseMerged("prove it");
        if (subject.Model.TrainableParameters.Count == 0)
        {
            throw new InvalidOperationException($"{subject.Model.GetType().Name} has nothing to train: mark layers with [Lora] or call ApplyLora first.");
        }

        var attached = new ProofAdapters(subject);
        try
        {
            ChooseSign(subject);
            return attached;
        }
        catch
        {
            attached.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        if (_subject.Adapted.Any(adapted => adapted.Layer.IsMerged))
        {
            _subject.State.UnmergeAdapters();
        }

        foreach ((string path, AdaptedLayer layer, KeyValuePair<string, LoraAdapter>[] adapters, string? active) in _own)
        {
            layer.Remove(Name);
            foreach ((string name, LoraAdapter adapter) in adapters)
            {
                layer.Attach(adapter, path, name);
            }

            layer.Activate(active);
        }

        foreach ((Parameter parameter, float[] values) in _trained)
        {
            values.CopyTo(parameter.Span);
        }

        foreach (Parameter parameter in _subject.Model.TrainableParameters)
        {
            parameter.ZeroGradient();
        }

        _subject.State.NextStep = _nextStep;
    }

    // A loss is one number, which two models may share by chance: B or -B, whichever changes it more.
    private static void ChooseSign(Subject subject)
    {
        float[] positive = subject.Infer();
        ScaleUp(subject, -1);
        float[] negative = subject.Infer();
        float[][] values = [.. subject.Adapted.Select(adapted => adapted.Layer.Adapter!.B.Span.ToArray())];
        ScaleUp(subject, 0);
        float[] none = subject.Infer();
        foreach ((float[] value, (_, AdaptedLayer layer)) in values.Zip(subject.Adapted))
        {
            value.CopyTo(layer.Adapter!.B.Span);
        }

        if (Subject.Distance(positive, none) > Subject.Distance(negative, none))
        {
            ScaleUp(subject, -1);
        }
    }

    private static void ScaleUp(Subject subject, float factor)
    {
        foreach ((_, AdaptedLayer layer) in subject.Adapted)
        {
            TensorPrimitives.Multiply(layer.Adapter!.B.Span, factor, layer.Adapter.B.Span);
        }
    }

    // An adapter of the kind and rank of the layer's own whose product is about half as large as that of the layer's weights.
    private static LoraAdapter Telling(AdaptedLayer layer, LoraSettings settings, string path, ulong seed)
    {
        bool tellsNothing = Math.Abs(settings.Scaling - 1) < 0.25f;
        LoraAdapter adapter = layer.NewAdapter(tellsNothing ? settings with { Alpha = 1.75f * settings.Alpha } : settings, path);
        var random = new LoraRandom(LoraRandom.Hash(seed, path));
        random.FillNormal(adapter.A.Span, layer is Embedding ? 1 : 1 / MathF.Sqrt(adapter.A.Shape[0]));
        random.FillNormal(adapter.B.Span, 0.5f / (adapter.Scaling * MathF.Sqrt(adapter.Rank)));
        if (adapter.Magnitude is { } magnitude)
        {
            TensorPrimitives.Multiply(magnitude.Span, 1.25f, magnitude.Span);
        }

        adapter.DrawnFrom = null;
        return adapter;
    }
}
