using System.Numerics.Tensors;

namespace Lora;

/// <summary>
/// The trainable part of an adapted layer: <c>ΔW = scaling · (A·B)ᵀ</c> with A [in, r] and B [r, out]
/// (Hu et al. 2021, "LoRA: Low-Rank Adaptation of Large Language Models").
/// </summary>
public sealed class LoraAdapter
{
    private LoraAdapter(LoraSettings settings, Tensor a, Tensor b)
    {
        settings.Check();
        Settings = settings;
        A = new Parameter("lora_A", a);
        B = new Parameter("lora_B", b);
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

    /// <summary>The draw that the values come from, while no training call has used them; null for values that were loaded.</summary>
    internal (ulong Seed, string Path)? DrawnFrom { get; set; }

    internal static LoraAdapter ForLinear(int inFeatures, int outFeatures, LoraSettings settings)
    {
        settings.CheckAgainst(inFeatures, outFeatures);
        return new LoraAdapter(settings, Tensor.Zeros(inFeatures, settings.Rank), Tensor.Zeros(settings.Rank, outFeatures));
    }

    internal static LoraAdapter ForEmbedding(int count, int width, LoraSettings settings)
    {
        settings.CheckAgainst(count, width);
        return new LoraAdapter(settings, Tensor.Zeros(count, settings.Rank), Tensor.Zeros(settings.Rank, width));
    }

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

    /// <summary>
    /// Adds <c>scaling · (A·B)</c>, or its transpose, to row-major weights. The sums run in double precision, where the products are exact, and each weight is
    /// rounded once.
    /// </summary>
    internal void AddDeltaTo(Span<float> weights, bool transposed)
    {
        int rows = A.Shape[0];
        int columns = B.Shape[1];
        if (transposed)
        {
            AddDelta(weights, columns, rows, B.Span, 1, columns, ByRank(A.Span, rows, Rank, 1));
        }
        else
        {
            AddDelta(weights, rows, columns, A.Span, Rank, 1, ByRank(B.Span, columns, 1, columns));
        }
    }

    // One factor as [rank, length], in double precision.
    private double[] ByRank(ReadOnlySpan<float> factor, int length, int stride, int rankStride)
    {
        double[] values = new double[Rank * length];
        for (int r = 0; r < Rank; r++)
        {
            for (int i = 0; i < length; i++)
            {
                values[(r * length) + i] = factor[(i * stride) + (r * rankStride)];
            }
        }

        return values;
    }

    private void AddDelta(Span<float> weights, int rows, int columns, ReadOnlySpan<float> left, int stride, int rankStride, double[] right)
    {
        double[] delta = new double[columns];
        double[] row = new double[columns];
        for (int i = 0; i < rows; i++)
        {
            Array.Clear(delta);
            for (int r = 0; r < Rank; r++)
            {
                TensorPrimitives.MultiplyAdd(right.AsSpan(r * columns, columns), left[(i * stride) + (r * rankStride)], delta, delta);
            }

            Span<float> target = weights.Slice(i * columns, columns);
            TensorPrimitives.ConvertTruncating<float, double>(target, row);
            TensorPrimitives.MultiplyAdd(delta, Scaling, row, row);
            TensorPrimitives.ConvertTruncating<double, float>(row, target);
        }
    }
}
