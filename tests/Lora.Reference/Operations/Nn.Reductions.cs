namespace Lora;

public static partial class Nn
{
    public static double Sum(Tensor x)
    {
        double sum = 0;
        foreach (double value in x.Span)
        {
            sum += value;
        }

        return sum;
    }

    public static double Mean(Tensor x) => Sum(x) / x.Length;

    public static Tensor Sum(Tensor x, int axis, bool keepDims = false)
    {
        int along = Axis(x, axis);
        int[] shape = x.Shape.ToArray();
        shape[along] = 1;
        Tensor result = Tensor.Zeros(shape);
        foreach (int[] index in Indices(x.Shape.ToArray()))
        {
            double value = x[index];
            index[along] = 0;
            result[index] += value;
        }

        return keepDims ? result : Reshape(result, [.. shape[..along], .. shape[(along + 1)..]]);
    }

    public static Tensor Mean(Tensor x, int axis, bool keepDims = false) => Divide(Sum(x, axis, keepDims), x.Shape[Axis(x, axis)]);
}
