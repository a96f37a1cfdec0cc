namespace Lora;

public static partial class Nn
{
    public static Tensor Softmax(Tensor x) => MapRows(x, SoftmaxOf);

    public static Tensor LogSoftmax(Tensor x) => MapRows(x, LogSoftmaxOf);

    private static double[] SoftmaxOf(double[] row) => [.. LogSoftmaxOf(row).Select(Math.Exp)];

    private static double[] LogSoftmaxOf(double[] row)
    {
        double largest = row.Max();
        double logOfSum = Math.Log(row.Sum(value => Math.Exp(value - largest)));
        return [.. row.Select(value => value - largest - logOfSum)];
    }

    private static Tensor MapRows(Tensor x, Func<double[], double[]> formula)
    {
        int width = x.Shape[^1];
        Tensor result = Tensor.Zeros(x.Shape);
        for (int start = 0; start < x.Length; start += width)
        {
            formula(x.Span.Slice(start, width).ToArray()).CopyTo(result.Span[start..]);
        }

        return result;
    }
}
