using static Lora.Tests.Kernels.KernelReferences;

namespace Lora.Tests.Kernels;

[Collection(nameof(VectorWidths))]
public class LowRankTests
{
    private const float Scale = 0.75f;

    private static readonly (int Count, int In, int Out)[] _sizes = [(1, 9, 5), (2, 70, 71), (7, 33, 48), (20, 64, 100), (67, 19, 130)];

    [Theory]
    [MemberData(nameof(VectorWidths.All), MemberType = typeof(VectorWidths))]
    public void Every_rank_gives_the_products(int width) => VectorWidths.Run(width, () =>
    {
        foreach (int rank in Enumerable.Range(1, 70).Append(129).Append(256))
        {
            foreach ((int count, int inFeatures, int outFeatures) in _sizes)
            {
                Check<AnyRank>(count, inFeatures, outFeatures, rank);
            }
        }

        Check<AnyRank>(3, 1100, 1200, 8);
        Check<AnyRank>(3, 20, 21, 700);
    });

    [Fact]
    public void A_guessed_rank_gives_the_same_bits_right_or_wrong()
    {
        foreach ((int count, int inFeatures, int outFeatures) in _sizes)
        {
            foreach (int rank in new[] { 3, 8, 16, 24 })
            {
                float[][] expected = Run<AnyRank>(count, inFeatures, outFeatures, rank);
                Run<Rank8>(count, inFeatures, outFeatures, rank).ShouldBe(expected);
                Run<Rank16>(count, inFeatures, outFeatures, rank).ShouldBe(expected);
            }
        }
    }

    [Fact]
    public void Lengths_that_do_not_fit_are_refused()
    {
        Should.Throw<ArgumentException>(() => LowRank.Down<AnyRank>(new float[6], new float[5], new float[4], 2, 3, 2));
        Should.Throw<ArgumentException>(() => LowRank.AddUp<AnyRank>(new float[4], new float[6], 1, new float[5], 2, 3, 2));
        Should.Throw<ArgumentException>(() => LowRank.GradientOfHidden<AnyRank>(new float[5], new float[6], 1, new float[4], 2, 3, 2));
        Should.Throw<ArgumentException>(() => LowRank.AddGradientOfUp<AnyRank>(new float[4], new float[6], 1, new float[5], 2, 3, 2));
        Should.Throw<ArgumentException>(() => LowRank.AddGradientOfDown<AnyRank>(new float[6], new float[3], new float[6], 2, 3, 2));
        Should.Throw<ArgumentException>(() => LowRank.AddGradientOfInput<AnyRank>(new float[4], new float[6], new float[5], 2, 3, 2));
    }

    private static void Check<TRank>(int count, int inFeatures, int outFeatures, int rank)
        where TRank : struct, IRank
    {
        (float[] x, float[] a, float[] b, float[] g, float[] h, float[] gradH) = Inputs(count, inFeatures, outFeatures, rank);
        float[][] actual = Run<TRank>(count, inFeatures, outFeatures, rank);
        string what = $"rank {rank}, {count} by {inFeatures} → {outFeatures}: ";
        actual[0].ShouldBeProduct(Product(x, false, a, false, count, rank, inFeatures), what + "Down");
        actual[1].ShouldBeProduct(Product(h, false, b, false, count, outFeatures, rank, Scale, Start(count * outFeatures)), what + "AddUp");
        actual[2].ShouldBeProduct(Product(g, false, b, true, count, rank, outFeatures, Scale), what + "GradientOfHidden");
        actual[3].ShouldBeProduct(Product(h, true, g, false, rank, outFeatures, count, Scale, Start(rank * outFeatures)), what + "AddGradientOfUp");
        actual[4].ShouldBeProduct(Product(x, true, gradH, false, inFeatures, rank, count, 1, Start(inFeatures * rank)), what + "AddGradientOfDown");
        actual[5].ShouldBeProduct(Product(gradH, false, a, true, count, inFeatures, rank, 1, Start(count * inFeatures)), what + "AddGradientOfInput");
    }

    private static float[][] Run<TRank>(int count, int inFeatures, int outFeatures, int rank)
        where TRank : struct, IRank
    {
        (float[] x, float[] a, float[] b, float[] g, float[] h, float[] gradH) = Inputs(count, inFeatures, outFeatures, rank);
        float[] down = new float[count * rank];
        float[] up = Start(count * outFeatures);
        float[] hidden = new float[count * rank];
        float[] gradB = Start(rank * outFeatures);
        float[] gradA = Start(inFeatures * rank);
        float[] gradX = Start(count * inFeatures);
        LowRank.Down<TRank>(x, a, down, count, inFeatures, rank);
        LowRank.AddUp<TRank>(h, b, Scale, up, count, outFeatures, rank);
        LowRank.GradientOfHidden<TRank>(g, b, Scale, hidden, count, outFeatures, rank);
        LowRank.AddGradientOfUp<TRank>(h, g, Scale, gradB, count, outFeatures, rank);
        LowRank.AddGradientOfDown<TRank>(x, gradH, gradA, count, inFeatures, rank);
        LowRank.AddGradientOfInput<TRank>(gradH, a, gradX, count, inFeatures, rank);
        return [down, up, hidden, gradB, gradA, gradX];
    }

    private static (float[] X, float[] A, float[] B, float[] G, float[] H, float[] GradH) Inputs(int count, int inFeatures, int outFeatures, int rank) =>
        (Random(1, count * inFeatures), Random(2, inFeatures * rank), Random(3, rank * outFeatures), Random(4, count * outFeatures),
            Random(5, count * rank), Random(6, count * rank));

    private static float[] Start(int length) => Random(7, length);

    private readonly struct Rank8 : IRank
    {
        public static int Value => 8;
    }

    private readonly struct Rank16 : IRank
    {
        public static int Value => 16;
    }
}
