using static Lora.Tests.Kernels.KernelReferences;

namespace Lora.Tests.Kernels;

/// <summary>The six products of an adapter on random operands: Down, AddUp, GradientOfHidden, AddGradientOfUp, AddGradientOfDown, AddGradientOfInput.</summary>
internal sealed class LowRankCase
{
    private readonly float[] _x;
    private readonly float[] _a;
    private readonly float[] _b;
    private readonly float[] _g;
    private readonly float[] _h;
    private readonly float[] _gradH;
    private readonly float[] _y;
    private readonly float[] _gradX;

    public LowRankCase(int count, int inFeatures, int outFeatures, int rank)
        : this(
            rank,
            Random(1, count * inFeatures),
            Random(2, inFeatures * rank),
            Random(3, rank * outFeatures),
            Random(4, count * outFeatures),
            Random(5, count * rank),
            Random(6, count * rank),
            Random(7, count * outFeatures),
            Random(8, count * inFeatures))
    {
    }

    private LowRankCase(int rank, float[] x, float[] a, float[] b, float[] g, float[] h, float[] gradH, float[] y, float[] gradX)
    {
        Rank = rank;
        Count = h.Length / rank;
        In = a.Length / rank;
        Out = b.Length / rank;
        (_x, _a, _b, _g, _h, _gradH, _y, _gradX) = (x, a, b, g, h, gradH, y, gradX);
    }

    /// <summary>The products whose results have a row for each example.</summary>
    public static int[] ProductsOfRows => [0, 1, 2, 5];

    public int Count { get; }

    public int In { get; }

    public int Out { get; }

    public int Rank { get; }

    /// <summary>The same operands with some of the examples alone.</summary>
    public LowRankCase Rows(int first, int count)
    {
        return new LowRankCase(Rank, Part(_x), _a, _b, Part(_g), Part(_h), Part(_gradH), Part(_y), Part(_gradX));

        float[] Part(float[] rows)
        {
            int columns = rows.Length / Count;
            return rows[(first * columns)..((first + count) * columns)];
        }
    }

    public float[][] Run<TRank>(float scale)
        where TRank : struct, IRank
    {
        float[][] results = Results();
        RunInto<TRank>(scale, results);
        return results;
    }

    /// <summary>What the products start from: NaN where they overwrite it.</summary>
    public float[][] Results() =>
    [
        Enumerable.Repeat(float.NaN, Count * Rank).ToArray(),
        [.. _y],
        Enumerable.Repeat(float.NaN, Count * Rank).ToArray(),
        Random(7, Rank * Out),
        Random(7, In * Rank),
        [.. _gradX],
    ];

    public void RunInto<TRank>(float scale, float[][] results)
        where TRank : struct, IRank
    {
        LowRank.Down<TRank>(_x, _a, results[0], Count, In, Rank);
        LowRank.AddUp<TRank>(_h, _b, scale, results[1], Count, Out, Rank);
        LowRank.GradientOfHidden<TRank>(_g, _b, scale, results[2], Count, Out, Rank);
        LowRank.AddGradientOfUp<TRank>(_h, _g, scale, results[3], Count, Out, Rank);
        LowRank.AddGradientOfDown<TRank>(_x, _gradH, results[4], Count, In, Rank);
        LowRank.AddGradientOfInput<TRank>(_gradH, _a, results[5], Count, In, Rank);
    }

    public (double[] Values, double[] Sizes)[] Expected(float scale) =>
    [
        Product(_x, false, _a, false, Count, Rank, In),
        Product(_h, false, _b, false, Count, Out, Rank, scale, _y),
        Product(_g, false, _b, true, Count, Rank, Out, scale),
        Product(_h, true, _g, false, Rank, Out, Count, scale, Random(7, Rank * Out)),
        Product(_x, true, _gradH, false, In, Rank, Count, 1, Random(7, In * Rank)),
        Product(_gradH, false, _a, true, Count, In, Rank, 1, _gradX),
    ];
}
