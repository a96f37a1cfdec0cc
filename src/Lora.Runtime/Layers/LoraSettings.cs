namespace Lora;

/// <summary>The rank and scaling of one adapter.</summary>
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
