namespace Lora;

/// <summary>Which layers of a model <c>ApplyLora</c> adapts, and how. The options are PEFT's.</summary>
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

    /// <summary>How <see cref="TargetModules"/> and <see cref="ExcludeModules"/> choose layers.</summary>
    public TargetMatching TargetMatching { get; init; } = TargetMatching.Contains;

    /// <summary>What takes layers away from those that the targets choose; with <see cref="TargetMatching.AllLinear"/> by the path's last parts.</summary>
    public IReadOnlyList<string> ExcludeModules { get; init; } = [];

    /// <summary>The layers of the model, by the first number in their paths, that are adapted; null means all.</summary>
    public IReadOnlyList<int>? LayersToTransform { get; init; }

    /// <summary>How A is drawn.</summary>
    public LoraInit Init { get; init; } = LoraInit.KaimingUniform;

    /// <summary>Whether the scaling is <c>alpha / √r</c> instead of <c>alpha / r</c>.</summary>
    public bool UseRsLora { get; init; }

    /// <inheritdoc cref="LoraSettings.UseDora"/>
    public bool UseDora { get; init; }

    /// <inheritdoc cref="LoraSettings.Dropout"/>
    public float Dropout { get; init; }

    /// <summary>
    /// Other ranks for some layers: a key is a regular expression for the end of a path that begins at a dot, so that <c>q_proj</c> means every such
    /// layer, and <c>^layers\.0\.q_proj</c> one.
    /// </summary>
    public IReadOnlyDictionary<string, int> RankPattern { get; init; } = new Dictionary<string, int>();

    /// <summary>Other numerators of the scaling for some layers, by keys as those of <see cref="RankPattern"/>.</summary>
    public IReadOnlyDictionary<string, float> AlphaPattern { get; init; } = new Dictionary<string, float>();

    /// <summary>Which biases are trained too.</summary>
    public LoraBias Bias { get; init; }

    /// <summary>
    /// Layers, and modules with all their layers, that are trained in full, by the last parts of their paths; they get no adapter. The adapter trains copies of
    /// its own, which come and go with it, and the originals stay; a layer that is trained for all adapters (<see cref="TrainableAttribute"/>) stays one.
    /// </summary>
    public IReadOnlyList<string> ModulesToSave { get; init; } = [];

    /// <summary>The name of the adapter, which becomes the active one. Layers that have one of that name get another in its place.</summary>
    public string AdapterName { get; init; } = AdaptedLayer.DefaultName;

    internal LoraSettings Settings =>
        new() { Rank = Rank, Alpha = Alpha, Init = Init, UseRsLora = UseRsLora, UseDora = UseDora, Dropout = Dropout };
}
