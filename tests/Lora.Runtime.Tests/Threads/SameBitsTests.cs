namespace Lora.Tests.Threads;

[Collection(nameof(ThreadCounts))]
public class SameBitsTests
{
    [Theory]
    [InlineData(1, 96, 100)]
    [InlineData(20, 768, 345)]
    [InlineData(70, 345, 768)]
    [InlineData(300, 128, 200)]
    [InlineData(700, 600, 100)]
    public void Products_of_a_packed_matrix_do_not_depend_on_the_threads(int count, int columns, int rows) => HoldsForThreads(() =>
    {
        var matrix = new PackedMatrix(rows, columns);
        matrix.Set(Values(1, rows * columns));
        float[] y = new float[count * rows];
        matrix.Multiply(Values(2, count * columns), count, y, Values(3, rows));
        float[] d = Values(4, count * columns);
        matrix.MultiplyTransposed(y, count, d, add: true);
        float[] adapted = new float[count * rows];
        matrix.Multiply(Values(2, count * columns), count, adapted, Values(3, rows), Values(5, count * 6), Values(6, 6 * rows), 0.7f, 6);
        matrix.MultiplyTransposed(adapted, count, d, add: true, Values(5, count * 6), Values(7, columns * 6), 6);
        return [.. y, .. adapted, .. d];
    });

    [Theory]
    [InlineData(20, 768, 8)]
    [InlineData(300, 500, 5)]
    [InlineData(100, 777, 16)]
    [InlineData(64, 640, 40)]
    public void Products_of_an_adapter_do_not_depend_on_the_threads(int count, int features, int rank) => HoldsForThreads(() =>
    {
        float[] x = Values(1, count * features);
        float[] a = Values(2, features * rank);
        float[] h = new float[count * rank];
        LowRank.Down<AnyRank>(x, a, h, count, features, rank);
        float[] y = Values(3, count * features);
        LowRank.AddUp<AnyRank>(h, a, 0.5f, y, count, features, rank);
        float[] gradH = new float[count * rank];
        LowRank.GradientOfHidden<AnyRank>(y, a, 0.5f, gradH, count, features, rank);
        float[] gradB = Values(4, features * rank);
        LowRank.AddGradientOfUp<AnyRank>(h, y, 0.5f, gradB, count, features, rank);
        float[] gradA = Values(5, features * rank);
        LowRank.AddGradientOfDown<AnyRank>(x, gradH, gradA, count, features, rank);
        float[] gradX = Values(6, count * features);
        LowRank.AddGradientOfInput<AnyRank>(gradH, a, gradX, count, features, rank);
        return [.. h, .. y, .. gradH, .. gradB, .. gradA, .. gradX];
    });

    [Fact]
    public void Gradients_of_elements_do_not_depend_on_the_threads() => HoldsForThreads(() =>
    {
        const int Length = 100_003;
        Tensor x = Tensor.From(Values(1, Length), Length);
        Tensor y = Tensor.From(Values(2, Length), Length);
        Tensor[] gradients = [Tensor.From(Values(3, Length), Length), Tensor.From(Values(4, Length), Length)];
        Nn.SwiGluBackward(x, y, x, gradients[0], gradients[1]);
        Nn.GeluBackward(y, x, gradients[0]);
        return [.. gradients[0].Span, .. gradients[1].Span];
    });

    private static void HoldsForThreads(Func<float[]> compute)
    {
        float[] one = ThreadCounts.Run(1, compute);
        foreach (int threads in (int[])[2, 3, 7])
        {
            float[] several = ThreadCounts.Run(threads, compute);
            for (int i = 0; i < one.Length; i++)
            {
                BitConverter.SingleToInt32Bits(several[i]).ShouldBe(BitConverter.SingleToInt32Bits(one[i]), $"element {i} with {threads} threads");
            }
        }
    }

    private static float[] Values(ulong seed, int length) => Tensor.RandomUniform(seed, -1, 1, length).Span.ToArray();
}
