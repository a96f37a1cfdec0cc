namespace Lora;

/// <summary>
/// The trainable part of an adapted layer: <c>ΔW = scaling · (A·B)ᵀ</c> with A [in, r] and B [r, out]
/// (Hu et al. 2021, "LoRA: Low-Rank Adaptation of Large Language Models").
/// </summary>
public sealed partial class LoraAdapter
{
    private LoraAdapter(LoraSettings settings, Tensor a, Tensor b, Tensor? magnitude, bool isLinear)
    {
        settings.Check();
        Settings = settings;
        A = new Parameter("lora_A", a);
        B = new Parameter("lora_B", b) { TakesLoraPlusRatio = isLinear };
        Magnitude = magnitude is null ? null : new Parameter("lora_magnitude_vector", magnitude) { TakesLoraPlusRatio = isLinear };
    }

    /// <summary>The down projection, [in, r].</summary>
    public Parameter A { get; }

    /// <summary>The up projection, [r, out].</summary>
    public Parameter B { get; }

    /// <summary>DoRA's magnitude of each output feature, [out]: the norm of the adapted weights at first. Null for other adapters.</summary>
    public Parameter? Magnitude { get; }

    /// <summary>The rank r.</summary>
    public int Rank => Settings.Rank;

    /// <summary>The numerator of the scaling.</summary>
    public float Alpha => Settings.Alpha;

    /// <summary><c>alpha / r</c>, or <c>alpha / √r</c> for rsLoRA.</summary>
    public float Scaling => Settings.Scaling;

    /// <summary>The settings that the adapter was made with.</summary>
    public LoraSettings Settings { get; }

    /// <summary>The draw that the values come from, while no training call has used them; null for values that were loaded.</summary>
    internal (ulong Seed, string Path)? DrawnFrom { get; set; }

    /// <summary>Whether there are values, or shapes alone to be counted.</summary>
    internal bool HasValues => A.Value.HasValues;

    internal static LoraAdapter ForLinear(int inFeatures, int outFeatures, LoraSettings settings)
    {
        settings.Check();
        return new LoraAdapter(
            settings,
            WeightScope.Zeros(inFeatures, settings.Rank),
            WeightScope.Zeros(settings.Rank, outFeatures),
            settings.UseDora ? WeightScope.Zeros(outFeatures) : null,
            isLinear: true);
    }

    internal static LoraAdapter ForEmbedding(int count, int width, LoraSettings settings)
    {
        settings.Check();
        return new LoraAdapter(
            settings,
            WeightScope.Zeros(count, settings.Rank),
            WeightScope.Zeros(settings.Rank, width),
            settings.UseDora ? WeightScope.Zeros(width) : null,
            isLinear: false);
    }

    /// <summary>A, B and, for DoRA, the magnitude.</summary>
    internal IEnumerable<Parameter> Parameters => Magnitude is null ? [A, B] : [A, B, Magnitude];

    /// <summary>The number of values.</summary>
    internal long Length => Parameters.Sum(parameter => (long)parameter.Value.Length);

    internal bool HasValuesOf(LoraAdapter other) => A.Span.SequenceEqual(other.A.Span) && B.Span.SequenceEqual(other.B.Span);

    /// <summary>Draws A of a linear layer from hash(seed, path), and makes B zero.</summary>
    internal void DrawForLinear(ulong seed, string path)
    {
        var random = new LoraRandom(LoraRandom.Hash(seed, path));
        switch (Settings.Init)
        {
            case LoraInit.Gaussian:
                random.FillNormal(A.Span, 1f / Rank);
                break;
            default:
                double fanIn = Settings.Init == LoraInit.KaimingUniformOverRank ? Rank : A.Shape[0];
                float bound = (float)(1 / Math.Sqrt(fanIn));
                random.FillUniform(A.Span, -bound, bound);
                break;
        }

        B.Span.Clear();
    }

    /// <summary>Makes A of an embedding zero and draws B from the standard normal distribution by hash(seed, path), as PEFT.</summary>
    internal void DrawForEmbedding(ulong seed, string path)
    {
        A.Span.Clear();
        new LoraRandom(LoraRandom.Hash(seed, path)).FillNormal(B.Span, 1f);
    }

    /// <summary>The name of the adapter's part in a model, such as <c>layers.0.q_proj.lora_A</c>.</summary>
    internal void Rename(string path)
    {
        A.Name = path + ".lora_A";
        B.Name = path + ".lora_B";
        if (Magnitude is not null)
        {
            Magnitude.Name = path + ".lora_magnitude_vector";
        }
    }

    /// <summary>Says whether the model that the adapter is attached to reads it now.</summary>
    internal void SetActive(bool isActive)
    {
        foreach (Parameter parameter in Parameters)
        {
            parameter.IsDetached = !isActive;
        }
    }
}
