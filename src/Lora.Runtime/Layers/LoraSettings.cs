namespace Lora;

/// <summary>The rank and scaling of one adapter, and its kind.</summary>
public sealed record LoraSettings
{
    /// <summary>The rank r, at least 1.</summary>
    public int Rank { get; init; } = LoraOptions.DefaultRank;

    /// <summary>The numerator of the scaling, positive and finite.</summary>
    public float Alpha { get; init; } = LoraOptions.DefaultAlpha;

    /// <summary>How A is drawn.</summary>
    public LoraInit Init { get; init; } = LoraInit.KaimingUniform;

    /// <summary>Whether the scaling is <c>alpha / √r</c> instead of <c>alpha / r</c>.</summary>
    public bool UseRsLora { get; init; }

    /// <summary>
    /// Whether a magnitude is trained for each output feature beside the direction, which A and B change
    /// (Liu et al. 2024, "DoRA: Weight-Decomposed Low-Rank Adaptation").
    /// </summary>
    public bool UseDora { get; init; }

    /// <summary>
    /// The probability with which training makes an element of the adapter's input zero, from 0 to below 1; the frozen product sees all of them.
    /// As in PEFT, the adapter of an embedding has none.
    /// </summary>
    public float Dropout { get; init; }

    /// <summary>Whether the adapter is the two products and nothing else.</summary>
    internal bool IsPlain => !UseDora && Dropout == 0;

    /// <summary><c>alpha / r</c>, or <c>alpha / √r</c> for rsLoRA.</summary>
    public float Scaling => UseRsLora ? (float)(Alpha / Math.Sqrt(Rank)) : Alpha / Rank;

    internal void Check()
    {
        if (Rank < 1)
        {
            throw new ArgumentException($"Rank is {Rank}; a rank is at least 1. A common choice is 8.");
        }

        if (!float.IsFinite(Alpha) || Alpha <= 0)
        {
            throw new ArgumentException($"Alpha is {Alpha}; it must be a positive finite number. A common choice is twice the rank.");
        }

        if (!Enum.IsDefined(Init))
        {
            throw new ArgumentException($"Init is {(int)Init}, which is no {nameof(LoraInit)}.");
        }

        if (!(Dropout is >= 0 and < 1))
        {
            throw new ArgumentException($"Dropout is {Dropout}; it is a probability from 0 to below 1. A common choice is 0.05.");
        }
    }

    internal void CheckAgainst(int inFeatures, int outFeatures)
    {
        Check();
        if (Rank > Math.Min(inFeatures, outFeatures))
        {
            throw new ArgumentException(
                $"Rank is {Rank}, more than the smaller dimension of a layer {inFeatures} → {outFeatures}. Use at most {Math.Min(inFeatures, outFeatures)}.");
        }
    }
}
