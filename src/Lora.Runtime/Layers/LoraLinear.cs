namespace Lora;

/// <summary>
/// A frozen linear layer with a low-rank adapter: <c>y = x·Wᵀ + b + scaling·(x·A)·B</c>
/// (Hu et al. 2021, "LoRA: Low-Rank Adaptation of Large Language Models").
/// </summary>
public sealed class LoraLinear
{
    /// <summary>Wraps a layer by hand. The layer itself is not changed: its own <c>Forward</c> stays as it was.</summary>
    /// <param name="original">The frozen layer.</param>
    /// <param name="rank">The rank r: at least 1, at most the smaller of the layer's dimensions.</param>
    /// <param name="alpha">The numerator of the scaling <c>alpha / r</c>: positive and finite.</param>
    /// <exception cref="ArgumentException">The rank or alpha lies outside its range.</exception>
    public LoraLinear(Linear original, int rank = LoraOptions.DefaultRank, float alpha = LoraOptions.DefaultAlpha)
        : this(original, new LoraSettings { Rank = rank, Alpha = alpha })
    {
    }

    /// <summary>Wraps a layer by hand, with an adapter of any kind. The layer itself is not changed.</summary>
    /// <param name="original">The frozen layer.</param>
    /// <param name="settings">The rank, scaling and kind of the adapter.</param>
    /// <exception cref="ArgumentException">A setting lies outside its range.</exception>
    public LoraLinear(Linear original, LoraSettings settings)
    {
        ArgumentNullException.ThrowIfNull(original);
        ArgumentNullException.ThrowIfNull(settings);
        Original = original;
        Adapter = original.NewAdapter(settings, "lora_linear");
    }

    private LoraLinear(Linear original, LoraAdapter adapter)
    {
        Original = original;
        Adapter = adapter;
    }

    /// <summary>The frozen layer.</summary>
    public Linear Original { get; }

    /// <summary>The adapter.</summary>
    public LoraAdapter Adapter { get; }

    /// <summary>The trainable down projection, [in, r].</summary>
    public Parameter A => Adapter.A;

    /// <summary>The trainable up projection, [r, out]; zero at first.</summary>
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
    /// <param name="x">[.., in].</param>
    /// <returns>[.., out].</returns>
    public Tensor Forward(Tensor x)
    {
        Original.RefuseMerged("run the adapter beside them");
        return Original.Apply(Adapter, x);
    }

    /// <summary>The frozen layer alone.</summary>
    /// <param name="x">[.., in].</param>
    /// <returns>[.., out].</returns>
    public Tensor ForwardFrozen(Tensor x) => Original.ForwardFrozen(x);

    /// <summary>A new plain layer with <c>W' = W + scaling·(A·B)ᵀ</c> and the same bias.</summary>
    public Linear Merge()
    {
        Original.RefuseMerged("merge again");
        return Original.Merged(Adapter);
    }

    internal static LoraLinear Of(Linear layer, string path)
    {
        LoraAdapter adapter = layer.Adapter ?? throw new InvalidOperationException($"The layer '{path}' has no adapter now.");
        if (layer.Wrapper is not LoraLinear wrapper)
        {
            wrapper = new LoraLinear(layer, adapter);
            layer.Wrapper = wrapper;
        }

        return wrapper;
    }
}
