using System.ComponentModel;

namespace Lora;

/// <summary>A layer that can carry low-rank adapters: several under names, of which one at most is active.</summary>
public abstract partial class AdaptedLayer : Layer
{
    private PackedMatrix? _original;

    private protected AdaptedLayer()
    {
    }

    /// <summary>The adapter that the forward pass adds, or null.</summary>
    public LoraAdapter? Adapter { get; private set; }

    /// <summary>Whether the adapter is folded into the weights.</summary>
    public bool IsMerged { get; private set; }

    /// <inheritdoc/>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public override bool IsTrainable => base.IsTrainable || Adapter is not null;

    /// <summary>The adapter that a product must still add: none once it is merged.</summary>
    internal LoraAdapter? UnmergedAdapter => IsMerged ? null : Adapter;

    /// <summary>The wrapper that generated code hands out, made once for each adapter.</summary>
    internal object? Wrapper { get; set; }

    private protected abstract LayerWeight AdaptedWeight { get; }

    /// <summary>An adapter of the layer's shape, drawn from hash(seed, path).</summary>
    internal LoraAdapter NewAdapter(LoraSettings settings, string path)
    {
        CheckFits(settings);
        LoraAdapter adapter = NewUndrawnAdapter(settings);
        if (!adapter.HasValues)
        {
            return adapter;
        }

        Draw(adapter, LoraRandom.Seed, path);
        SetMagnitudeToNorms(adapter);
        adapter.DrawnFrom = (LoraRandom.Seed, path);
        return adapter;
    }

    /// <summary>An adapter of the layer's shape, whose values the caller is about to set.</summary>
    internal abstract LoraAdapter NewUndrawnAdapter(LoraSettings settings);

    /// <summary>Folds the adapter into the weights.</summary>
    internal void Merge(bool keepOriginal)
    {
        LoraAdapter adapter = Adapter ?? throw new InvalidOperationException("The layer has no adapter to merge.");
        RefuseMerged("merge again");
        if (!IsFrozen)
        {
            throw new InvalidOperationException("An adapter cannot be merged in place into a layer that is trained in full: freeze it first.");
        }

        PackedMatrix merged = new(AdaptedWeight.Shape[0], AdaptedWeight.Shape[1]);
        Tensor weights = MergedWeights(adapter);
        merged.Set(weights.Span);
        PackedMatrix original = AdaptedWeight.Exchange(merged);
        _original = keepOriginal ? original : null;
        IsMerged = true;
        CountChange();
    }

    /// <summary>The values of one of the layer's weights with an adapter of its folded in; the layer itself stays as it is.</summary>
    internal Tensor Folded(LayerWeight weight, LoraAdapter adapter) => ReferenceEquals(weight, AdaptedWeight) ? MergedWeights(adapter) : weight.ToTensor();

    /// <summary>Puts the original weights back, bit for bit.</summary>
    internal void Unmerge()
    {
        if (!IsMerged)
        {
            throw new InvalidOperationException("The adapter is not merged.");
        }

        AdaptedWeight.Exchange(_original ?? throw new InvalidOperationException(
            "The adapter was merged without keeping the originals; it cannot be undone. Merge with keepOriginals: true to be able to."));
        _original = null;
        IsMerged = false;
        CountChange();
    }

    internal long OriginalBytes => _original?.Bytes ?? 0;

    internal bool CanUnmerge => _original is not null;

    /// <summary>Throws where an adapter of these settings does not fit the layer.</summary>
    internal abstract void CheckFits(LoraSettings settings);

    private protected sealed override void OnMoved(string path)
    {
        foreach (LoraAdapter adapter in _adapters.Values)
        {
            adapter.Rename(path);
            if (adapter.DrawnFrom is not { } draw)
            {
                continue;
            }

            // What the user has set by hand is not drawn again.
            LoraAdapter before = NewUndrawnAdapter(adapter.Settings);
            Draw(before, draw.Seed, draw.Path);
            if (before.HasValuesOf(adapter))
            {
                Draw(adapter, draw.Seed, path);
                adapter.DrawnFrom = (draw.Seed, path);
            }
        }
    }

    internal sealed override void RefuseMerged(string action)
    {
        if (IsMerged)
        {
            throw new InvalidOperationException($"The layer's adapter is merged into its weights: unmerge it before you {action}.");
        }
    }

    /// <summary>Throws where generated code counts on an adapter, and the layer was in no model when the adapters were attached: it would never train.</summary>
    private protected void RefuseUnknown<TRank>()
        where TRank : struct, IRank
    {
        if (TRank.Value > 0 && Path is null)
        {
            throw new InvalidOperationException(
                "A layer marked with [Lora] was put into the model after its first use, so that it has no adapter. "
                + "Set layers before the first use of a generated member, or change the weights of the one that is there with SetWeight.");
        }
    }

    private protected abstract void Draw(LoraAdapter adapter, ulong seed, string path);

    private protected abstract Tensor MergedWeights(LoraAdapter adapter);
}
