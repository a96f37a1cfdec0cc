namespace Lora;

/// <summary>Which layers of a model <c>ApplyLora</c> adapts, and how.</summary>
public sealed record LoraOptions
{
    internal const int DefaultRank = 4;
    internal const float DefaultAlpha = 1;

    /// <summary>The rank r of every adapter.</summary>
    public int Rank { get; init; } = DefaultRank;

    /// <summary>The numerator of the scaling.</summary>
    public float Alpha { get; init; } = DefaultAlpha;

    /// <summary>What the dotted paths of the layers are matched against, as <see cref="TargetMatching"/> says.</summary>
    public IReadOnlyList<string> TargetModules { get; init; } = ["q_proj", "v_proj"];

    /// <summary>How <see cref="TargetModules"/> choose layers.</summary>
    public TargetMatching TargetMatching { get; init; } = TargetMatching.Contains;

    /// <summary>How A is drawn.</summary>
    public LoraInit Init { get; init; } = LoraInit.KaimingUniform;

    /// <summary>Whether the scaling is <c>alpha / √r</c> instead of <c>alpha / r</c>.</summary>
    public bool UseRsLora { get; init; }

    internal LoraSettings Settings => new() { Rank = Rank, Alpha = Alpha, Init = Init, UseRsLora = UseRsLora };
}
