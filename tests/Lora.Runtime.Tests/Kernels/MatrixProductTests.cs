using CsCheck;
using static Lora.Tests.Kernels.KernelReferences;

namespace Lora.Tests.Kernels;

[Collection(nameof(VectorWidths))]
public class MatrixProductTests
{
    [Theory]
    [MemberData(nameof(VectorWidths.All), MemberType = typeof(VectorWidths))]
    public void All_forms_are_the_product(int width) => VectorWidths.Run(width, () =>
        Gen.Select(Gen.Int[1, 70], Gen.Int[1, 130], Gen.OneOf(Gen.Int[1, 70], Gen.Int[250, 530]), Gen.Bool, Gen.Bool, Gen.Bool)
            .Sample((m, n, k, transposeA, transposeB, add) => Check(m, n, k, transposeA, transposeB, add), iter: 150, threads: 1));

    [Theory]
    [MemberData(nameof(VectorWidths.All), MemberType = typeof(VectorWidths))]
    public void Every_small_size_is_the_product(int width) => VectorWidths.Run(width, () =>
    {
        for (int m = 1; m <= 20; m++)
        {
            for (int n = 1; n <= 20; n++)
            {
                Check(m, n, 1 + ((m * n) % 19), transposeA: m % 2 == 0, transposeB: n % 2 == 0, add: (m + n) % 3 == 0);
            }
        }
    });

    [Fact]
    public void A_sum_of_no_terms_is_zero()
    {
        float[] c = [1f, 2f];
        MatrixProduct.Multiply([], false, [], false, c, 1, 2, 0, add: true);
        c.ShouldBe([1f, 2f]);
        MatrixProduct.Multiply([], false, [], false, c, 1, 2, 0, add: false);
        c.ShouldBe([0f, 0f]);
    }

    [Fact]
    public void Matrices_that_are_too_short_are_refused() =>
        Should.Throw<ArgumentException>(() => MatrixProduct.Multiply(new float[5], false, new float[6], false, new float[4], 2, 2, 3, add: false));

    private static void Check(int m, int n, int k, bool transposeA, bool transposeB, bool add)
    {
        float[] a = Random(1, m * k);
        float[] b = Random(2, k * n);
        float[] c = Random(3, m * n);
        float[] start = [.. c];
        if (!add)
        {
            Array.Fill(c, float.NaN);
        }

        MatrixProduct.Multiply(a, transposeA, b, transposeB, c, m, n, k, add);
        c.ShouldBeProduct(
            Product(a, transposeA, b, transposeB, m, n, k, 1, add ? start : null), $"[{m}, {k}]·[{k}, {n}], transposed {transposeA} {transposeB}, added {add}");
    }
}
