namespace Lora;

/// <summary>
/// The trainable part of an adapted layer: <c>ΔW = scaling · (A·B)ᵀ</c> with A [in, r] and B [r, out]
/// (Hu et al. 2021, "LoRA: Low-Rank Adaptation of Large Language Models").
/// </summary>
public sealed class LoraAdapter
{
    private LoraAdapter(LoraSettings settings, Tensor a, Tensor b, LoraInit? drawn)
    {
        settings.Check();
        Settings = settings;
        A = new Parameter("lora_A", a);
        B = new Parameter("lora_B", b);
        IsPristine = drawn is not null;
    }

    /// <summary>The down projection, [in, r].</summary>
    public Parameter A { get; }

    /// <summary>The up projection, [r, out].</summary>
    public Parameter B { get; }

    /// <summary>The rank r.</summary>
    public int Rank => Settings.Rank;

    /// <summary>The numerator of the scaling.</summary>
    public float Alpha => Settings.Alpha;

    /// <summary><c>alpha / r</c>, or <c>alpha / √r</c> for rsLoRA.</summary>
    public float Scaling => Settings.Scaling;

    /// <summary>The settings that the adapter was made with.</summary>
    public LoraSettings Settings { get; }

    /// <summary>Whether the values are still those of the initial draw.</summary>
    internal bool IsPristine { get; set; }

    internal static LoraAdapter ForLinear(int inFeatures, int outFeatures, LoraSettings settings)
    {
        settings.CheckAgainst(inFeatures, outFeatures);
        return new LoraAdapter(settings, Tensor.Zeros(inFeatures, settings.Rank), Tensor.Zeros(settings.Rank, outFeatures), settings.Init);
    }

    internal static LoraAdapter ForEmbedding(int count, int width, LoraSettings settings)
    {
        settings.CheckAgainst(count, width);
        return new LoraAdapter(settings, Tensor.Zeros(count, settings.Rank), Tensor.Zeros(settings.Rank, width), settings.Init);
    }

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

    /// <summary>Adds <c>factor · scaling · (A·B)</c>, or its transpose, to row-major weights.</summary>
    internal void AddDeltaTo(Span<float> weights, bool transposed)
    {
        int rows = A.Shape[0];
        int columns = B.Shape[1];
        ReadOnlySpan<float> a = A.Span;
        ReadOnlySpan<float> b = B.Span;
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                double sum = 0;
                for (int r = 0; r < Rank; r++)
                {
                    sum += (double)a[(row * Rank) + r] * b[(r * columns) + column];
                }

                ref float weight = ref weights[transposed ? (column * rows) + row : (row * columns) + column];
                weight = (float)(weight + (Scaling * sum));
            }
        }
    }
}
