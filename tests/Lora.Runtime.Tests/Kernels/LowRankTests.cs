using static Lora.Tests.Kernels.KernelReferences;

namespace Lora.Tests.Kernels;

[Collection(nameof(VectorWidths))]
public class LowRankTests
{
    private const float Scale = 0.75f;

    private static readonly (int Count, int In, int Out)[] _sizes = [(1, 9, 5), (2, 70, 71), (7, 33, 48), (20, 64, 100), (67, 19, 130)];

    [Theory]
    [MemberData(nameof(VectorWidths.All), MemberType = typeof(VectorWidths))]
    public void Every_rank_gives_the_products_whatever_was_guessed(int width) => VectorWidths.Run(width, () =>
    {
        foreach (int rank in Enumerable.Range(1, 70).Append(129).Append(256))
        {
            foreach ((int count, int inFeatures, int outFeatures) in _sizes)
            {
                CheckAll(new LowRankCase(count, inFeatures, outFeatures, rank));
            }
        }

        // Longer than any block that a product is cut into, and rows that are pages apart.
        CheckAll(new LowRankCase(3, 1100, 1200, 8));
        CheckAll(new LowRankCase(150, 1024, 1024, 4));
        CheckAll(new LowRankCase(3, 20, 21, 700));
    });

    [Theory]
    [MemberData(nameof(VectorWidths.All), MemberType = typeof(VectorWidths))]
    public void A_guessed_rank_gives_the_same_bits_right_or_wrong(int width) => VectorWidths.Run(width, () =>
    {
        foreach ((int count, int inFeatures, int outFeatures) in _sizes)
        {
            foreach (int rank in new[] { 3, 4, 8, 16, 24, 32, 64 })
            {
                var products = new LowRankCase(count, inFeatures, outFeatures, rank);
                float[][] expected = products.Run<AnyRank>(Scale);
                products.Run<Rank4>(Scale).ShouldBe(expected);
                products.Run<Rank8>(Scale).ShouldBe(expected);
                products.Run<Rank16>(Scale).ShouldBe(expected);
                products.Run<Rank32>(Scale).ShouldBe(expected);
                products.Run<Rank64>(Scale).ShouldBe(expected);
            }
        }
    });

    [Theory]
    [MemberData(nameof(VectorWidths.All), MemberType = typeof(VectorWidths))]
    public void A_row_has_the_same_bits_whatever_rows_stand_beside_it(int width) => VectorWidths.Run(width, () =>
    {
        foreach (int rank in new[] { 1, 3, 4, 6, 8, 12, 16, 24, 32, 64, 70 })
        {
            foreach ((int inFeatures, int outFeatures) in new[] { (64, 768), (531, 71), (1024, 29) })
            {
                var whole = new LowRankCase(67, inFeatures, outFeatures, rank);
                float[][] expected = whole.Run<Rank12>(Scale);
                int first = 0;
                foreach (int count in new[] { 1, 2, 3, 5, 8, 13, 35 })
                {
                    float[][] actual = whole.Rows(first, count).Run<Rank12>(Scale);
                    foreach (int product in LowRankCase.ProductsOfRows)
                    {
                        int columns = expected[product].Length / whole.Count;
                        actual[product].ShouldBe(
                            expected[product].AsSpan(first * columns, count * columns).ToArray(), $"product {product} of rank {rank}, {count} rows from {first}");
                    }

                    first += count;
                }
            }
        }
    });

    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(8)]
    [InlineData(16)]
    [InlineData(64)]
    public void Products_allocate_nothing(int rank)
    {
        var products = new LowRankCase(20, 70, 50, rank);
        float[][] results = products.Results();
        products.RunInto<Rank8>(Scale, results);
        long before = GC.GetAllocatedBytesForCurrentThread();
        products.RunInto<Rank8>(Scale, results);
        products.RunInto<AnyRank>(Scale, results);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(8)]
    [InlineData(16)]
    public void No_examples_add_nothing(int rank)
    {
        // What an earlier step left in the scratch memory must not be taken for a sum.
        new LowRankCase(5, 70, 50, rank).Run<AnyRank>(Scale);
        float[] gradient = Random(7, 70 * rank);
        float[] expected = [.. gradient];
        LowRank.AddGradientOfDown<AnyRank>([], [], gradient, 0, 70, rank);
        gradient.ShouldBe(expected);
        LowRank.AddGradientOfUp<AnyRank>([], [], Scale, gradient, 0, 70, rank);
        gradient.ShouldBe(expected);
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

    // Right guesses, wrong ones and none.
    private static void CheckAll(LowRankCase products)
    {
        (double[] Values, double[] Sizes)[] expected = products.Expected(Scale);
        Check<AnyRank>(products, expected);
        Check<Rank4>(products, expected);
        Check<Rank8>(products, expected);
        Check<Rank16>(products, expected);
        Check<Rank32>(products, expected);
        Check<Rank64>(products, expected);
        switch (products.Rank)
        {
            case 1:
                Check<Rank1>(products, expected);
                break;
            case 2:
                Check<Rank2>(products, expected);
                break;
            case 3:
                Check<Rank3>(products, expected);
                break;
            case 7:
                Check<Rank7>(products, expected);
                break;
            case 12:
                Check<Rank12>(products, expected);
                break;
            case 24:
                Check<Rank24>(products, expected);
                break;
        }
    }

    private static void Check<TRank>(LowRankCase products, (double[] Values, double[] Sizes)[] expected)
        where TRank : struct, IRank
    {
        float[][] actual = products.Run<TRank>(Scale);
        for (int product = 0; product < actual.Length; product++)
        {
            actual[product].ShouldBeProduct(
                expected[product],
                $"product {product} of rank {products.Rank}, guessed {TRank.Value}, {products.Count} by {products.In} → {products.Out}");
        }
    }

    private readonly struct Rank1 : IRank
    {
        public static int Value => 1;
    }

    private readonly struct Rank2 : IRank
    {
        public static int Value => 2;
    }

    private readonly struct Rank3 : IRank
    {
        public static int Value => 3;
    }

    private readonly struct Rank7 : IRank
    {
        public static int Value => 7;
    }

    private readonly struct Rank12 : IRank
    {
        public static int Value => 12;
    }

    private readonly struct Rank24 : IRank
    {
        public static int Value => 24;
    }

    private readonly struct Rank32 : IRank
    {
        public static int Value => 32;
    }

    private readonly struct Rank64 : IRank
    {
        public static int Value => 64;
    }
}
