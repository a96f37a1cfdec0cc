namespace Lora;

/// <summary>
/// A frozen embedding with a low-rank adapter: <c>y = W[i] + scaling·A[i]·B</c>
/// (Hu et al. 2021, "LoRA: Low-Rank Adaptation of Large Language Models").
/// </summary>
public sealed class LoraEmbedding
{
    /// <summary>Wraps a layer by hand. The layer itself is not changed: its own <c>Forward</c> stays as it was.</summary>
    /// <param name="original">The frozen layer.</param>
    /// <param name="rank">The rank r: at least 1, at most the smaller of the layer's dimensions.</param>
    /// <param name="alpha">The numerator of the scaling <c>alpha / r</c>: positive and finite.</param>
    /// <exception cref="ArgumentException">The rank or alpha lies outside its range.</exception>
    public LoraEmbedding(Embedding original, int rank = LoraOptions.DefaultRank, float alpha = LoraOptions.DefaultAlpha)
        : this(original, new LoraSettings { Rank = rank, Alpha = alpha })
    {
    }

    /// <summary>Wraps a layer by hand, with an adapter of any kind. The layer itself is not changed.</summary>
    /// <param name="original">The frozen layer.</param>
    /// <param name="settings">The rank, scaling and kind of the adapter.</param>
    /// <exception cref="ArgumentException">A setting lies outside its range.</exception>
    public LoraEmbedding(Embedding original, LoraSettings settings)
    {
        ArgumentNullException.ThrowIfNull(original);
        ArgumentNullException.ThrowIfNull(settings);
        Original = original;
        Adapter = original.NewAdapter(settings, "lora_embedding");
    }

    private LoraEmbedding(Embedding original, LoraAdapter adapter)
    {
        Original = original;
        Adapter = adapter;
    }

    /// <summary>The frozen layer.</summary>
    public Embedding Original { get; }

    /// <summary>The adapter.</summary>
    public LoraAdapter Adapter { get; }

    /// <summary>The trainable rows, [count, r]; zero at first.</summary>
    public Parameter A => Adapter.A;

    /// <summary>The trainable up projection, [r, width].</summary>
    public Parameter B => Adapter.B;

    /// <summary>DoRA's magnitude of each output feature; null for other adapters.</summary>
    public Parameter? Magnitude => Adapter.Magnitude;

    /// <summary>The rank r.</summary>
    public int Rank => Adapter.Rank;

    /// <summary>The numerator of the scaling.</summary>
    public float Alpha => Adapter.Alpha;

    /// <summary><c>alpha / r</c>, or <c>alpha / √r</c> for rsLoRA.</summary>
    public float Scaling => Adapter.Scaling;

    /// <summary>The adapted layer.</summary>
    /// <param name="ids">n ids.</param>
    /// <returns>[n, width].</returns>
    public Tensor Forward(ReadOnlySpan<int> ids) => Run(ids, Original.ForwardShape(ids));

    /// <summary>The adapted layer for several sequences of one length.</summary>
    /// <param name="ids">The ids of the first sequence, then of the second, and so on.</param>
    /// <param name="batch">The number of sequences.</param>
    /// <returns>[batch, ids / batch, width].</returns>
    public Tensor Forward(ReadOnlySpan<int> ids, int batch) => Run(ids, Original.ForwardBatchShape(ids, batch));

    /// <summary>The frozen layer alone.</summary>
    /// <param name="ids">n ids.</param>
    /// <returns>[n, width].</returns>
    public Tensor ForwardFrozen(ReadOnlySpan<int> ids) => Original.ForwardFrozen(ids);

    /// <summary>The frozen layer alone for several sequences of one length.</summary>
    /// <param name="ids">The ids of the first sequence, then of the second, and so on.</param>
    /// <param name="batch">The number of sequences.</param>
    /// <returns>[batch, ids / batch, width].</returns>
    public Tensor ForwardFrozen(ReadOnlySpan<int> ids, int batch) => Original.ForwardFrozen(ids, batch);

    /// <summary>A new plain layer with <c>W' = W + scaling·A·B</c>.</summary>
    public Embedding Merge()
    {
        Original.RefuseMerged("merge again");
        return Original.Merged(Adapter);
    }

    internal static LoraEmbedding Of(Embedding layer, string path)
    {
        LoraAdapter adapter = layer.Adapter ?? throw new InvalidOperationException($"The layer '{path}' has no adapter now.");
        if (layer.Wrapper is not LoraEmbedding wrapper)
        {
            wrapper = new LoraEmbedding(layer, adapter);
            layer.Wrapper = wrapper;
        }

        return wrapper;
    }

    private Tensor Run(ReadOnlySpan<int> ids, TensorShape shape)
    {
        Original.RefuseMerged("run the adapter beside them");
        Tensor result = Operation.Result(shape);
        Original.Apply<AnyRank>(Adapter, ids, result);
        return result;
    }
}
