using System.ComponentModel;
using System.Numerics.Tensors;

namespace Lora;

/// <summary>A layer with weights: frozen, or trained in full.</summary>
public abstract partial class Layer
{
    private static int _changes;
    private bool _isFrozen = true;

    /// <summary>
    /// Whether the layer's own weights stay as they are. Set to false to train them in full beside the adapters
    /// (PEFT's <c>modules_to_save</c>); the same at build time is <see cref="TrainableAttribute"/>.
    /// </summary>
    public bool IsFrozen
    {
        get => _isFrozen;
        set
        {
            if (_isFrozen == value)
            {
                return;
            }

            RefuseMerged(value ? "freeze its weights" : "train its weights");
            _isFrozen = value;
            FreezeWeights();
        }
    }

    /// <summary>Whether training changes anything of this layer: its own weights or an adapter.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public virtual bool IsTrainable => !IsFrozen || TrainsBias;

    /// <summary>Whether the bias is trained while the other weights stay as they are (PEFT's <c>bias="all"</c> and <c>"lora_only"</c>).</summary>
    internal bool TrainsBias
    {
        get;
        set
        {
            if (field != value)
            {
                field = value;
                FreezeWeights();
            }
        }
    }

    /// <summary>How often the set of trainable parameters of any model may have changed.</summary>
    internal static int Changes => Volatile.Read(ref _changes);

    /// <summary>How often what is trainable in this layer, or the adapter of it, has changed.</summary>
    internal int Version { get; private set; }

    /// <summary>The layer's path in the largest model that it was found in, whichever was used first.</summary>
    internal string? Path { get; private set; }

    internal abstract IReadOnlyList<LayerWeight> Weights { get; }

    /// <summary>
    /// Layers, and adapters, that are made on this thread until the result is disposed have shapes and no values, and take no memory: to count the
    /// parameters of a model of any size, or to make one whose weights <c>LoadStateDict</c> is about to set without drawing them first.
    /// </summary>
    public static IDisposable WithoutWeights() => new WeightScope();

    /// <summary>Says that the layer stands under a path in some model.</summary>
    internal void FoundAt(string path)
    {
        if (Path is null || path.Length > Path.Length || (path.Length == Path.Length && string.CompareOrdinal(path, Path) < 0))
        {
            Path = path;
            OnMoved(path);
        }
    }

    private protected virtual void OnMoved(string path)
    {
    }

    internal virtual void RefuseMerged(string action)
    {
    }

    /// <summary>Replaces one of the layer's weights.</summary>
    internal void Set(LayerWeight weight, ReadOnlySpan<float> values)
    {
        weight.Set(values);
        OnWeightsSet();
    }

    private protected virtual void OnWeightsSet()
    {
    }

    private void FreezeWeights()
    {
        foreach (LayerWeight weight in Weights)
        {
            weight.IsFrozen = IsFrozen && !(TrainsBias && weight.Name == "bias");
        }

        CountChange();
    }

    private protected void CountChange()
    {
        Version++;
        Interlocked.Increment(ref _changes);
    }

    private protected static int CheckDimension(int value, string name) =>
        value >= 1 ? value : throw new ArgumentOutOfRangeException(name, value, $"{name} is {value}; it must be at least 1.");

    private protected static float CheckEpsilon(float epsilon) =>
        float.IsFinite(epsilon) && epsilon >= 0
            ? epsilon
            : throw new ArgumentOutOfRangeException(nameof(epsilon), epsilon, $"epsilon is {epsilon}; it must be finite and at least 0.");

    private protected void SetOne(LayerWeight weight, Tensor values)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (values.FullShape != weight.Shape)
        {
            throw new ArgumentException($"The {weight.Name} of this layer has shape {weight.Shape}; it was given {values.FullShape}.", nameof(values));
        }

        Set(weight, values.Span);
    }

    private protected int RowsOf(Tensor x, int features, string layer)
    {
        ArgumentNullException.ThrowIfNull(x);
        if (x.Rank == 0 || x.Shape[^1] != features)
        {
            throw new ArgumentException(
                $"{layer}{(Path is null ? "" : $" '{Path}'")} takes a tensor of shape [.., {features}]; it was given {x.FullShape}.", nameof(x));
        }

        return x.Length / features;
    }

    /// <summary>target = factor·values, or target += factor·values.</summary>
    private protected static void AddScaled(ReadOnlySpan<float> values, float factor, Span<float> target, bool overwrite)
    {
        if (overwrite)
        {
            TensorPrimitives.Multiply(values, factor, target);
        }
        else
        {
            TensorPrimitives.MultiplyAdd(values, factor, target, target);
        }
    }
}
