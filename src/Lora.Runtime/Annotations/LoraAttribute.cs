namespace Lora;

/// <summary>
/// Gives a <see cref="Linear"/> or embedding member of a partial model class a low-rank adapter
/// (Hu et al. 2021, "LoRA: Low-Rank Adaptation of Large Language Models").
/// </summary>
[AttributeUsage(AttributeTargets.Field | AttributeTargets.Property)]
public sealed class LoraAttribute : Attribute
{
    /// <summary>The rank r of the adapter: at least 1, at most the smaller of the layer's two dimensions.</summary>
    public int Rank { get; set; } = LoraOptions.DefaultRank;

    /// <summary>The numerator of the scaling <c>alpha / r</c>: positive and finite.</summary>
    public float Alpha { get; set; } = LoraOptions.DefaultAlpha;

    /// <summary>How the down projection <c>A</c> is drawn.</summary>
    public LoraInit Init { get; set; } = LoraInit.KaimingUniform;

    /// <summary>Whether the scaling is <c>alpha / √r</c> (rsLoRA, Kalajdzievski 2023) instead of <c>alpha / r</c>.</summary>
    public bool UseRsLora { get; set; }

    /// <summary>
    /// Whether a magnitude is trained for each output feature beside the direction, which A and B change
    /// (Liu et al. 2024, "DoRA: Weight-Decomposed Low-Rank Adaptation").
    /// </summary>
    public bool UseDora { get; set; }

    /// <summary>The probability with which training makes an element of the adapter's input zero, from 0 to below 1; adapters of embeddings have none.</summary>
    public float Dropout { get; set; }
}
