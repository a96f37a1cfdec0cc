namespace Lora;

/// <summary>The operations, each as its formula says.</summary>
public static partial class Nn
{
    public static Tensor Add(Tensor a, Tensor b) => Broadcast(a, b, (x, y) => x + y);

    public static Tensor Add(Tensor x, double value) => Map(x, element => element + value);

    public static Tensor Subtract(Tensor a, Tensor b) => Broadcast(a, b, (x, y) => x - y);

    public static Tensor Subtract(Tensor x, double value) => Map(x, element => element - value);

    public static Tensor Subtract(double value, Tensor x) => Map(x, element => value - element);

    public static Tensor Multiply(Tensor a, Tensor b) => Broadcast(a, b, (x, y) => x * y);

    public static Tensor Multiply(Tensor x, double value) => Map(x, element => element * value);

    public static Tensor Divide(Tensor a, Tensor b) => Broadcast(a, b, (x, y) => x / y);

    public static Tensor Divide(Tensor x, double value) => Map(x, element => element / value);

    public static Tensor Divide(double value, Tensor x) => Map(x, element => value / element);

    public static Tensor Negate(Tensor x) => Map(x, element => -element);

    private static Tensor Map(Tensor x, Func<double, double> formula)
    {
        Tensor result = Tensor.Zeros(x.Shape);
        for (int i = 0; i < x.Length; i++)
        {
            result.Span[i] = formula(x.Span[i]);
        }

        return result;
    }

    // NumPy's rule: shapes are aligned at their last dimensions, and a dimension of 1 is repeated.
    private static Tensor Broadcast(Tensor a, Tensor b, Func<double, double, double> formula)
    {
        Tensor result = Tensor.Zeros(BroadcastShape(a.Shape, b.Shape));
        foreach (int[] index in Indices(result.Shape.ToArray()))
        {
            result[index] = formula(a[Aligned(index, a.Shape)], b[Aligned(index, b.Shape)]);
        }

        return result;
    }

    private static int[] BroadcastShape(ReadOnlySpan<int> a, ReadOnlySpan<int> b)
    {
        int[] shape = new int[Math.Max(a.Length, b.Length)];
        for (int fromEnd = 1; fromEnd <= shape.Length; fromEnd++)
        {
            int first = fromEnd <= a.Length ? a[^fromEnd] : 1;
            int second = fromEnd <= b.Length ? b[^fromEnd] : 1;
            if (first != second && first != 1 && second != 1)
            {
                throw new ArgumentException($"Shapes [{string.Join(", ", a.ToArray())}] and [{string.Join(", ", b.ToArray())}] do not broadcast.");
            }

            shape[^fromEnd] = first == 1 ? second : first;
        }

        return shape;
    }

    private static int[] Aligned(ReadOnlySpan<int> index, ReadOnlySpan<int> shape)
    {
        int[] aligned = index[^shape.Length..].ToArray();
        for (int i = 0; i < aligned.Length; i++)
        {
            if (shape[i] == 1)
            {
                aligned[i] = 0;
            }
        }

        return aligned;
    }

    // Every index of a shape, in row-major order.
    private static IEnumerable<int[]> Indices(int[] shape)
    {
        int length = shape.Aggregate(1, (product, dimension) => product * dimension);
        for (int offset = 0; offset < length; offset++)
        {
            int[] index = new int[shape.Length];
            int rest = offset;
            for (int i = shape.Length - 1; i >= 0; i--)
            {
                index[i] = rest % shape[i];
                rest /= shape[i];
            }

            yield return index;
        }
    }

    private static int Axis(Tensor x, int axis)
    {
        int position = axis < 0 ? axis + x.Rank : axis;
        return position >= 0 && position < x.Rank
            ? position
            : throw new ArgumentOutOfRangeException(nameof(axis), axis, $"No such axis in [{string.Join(", ", x.Shape.ToArray())}].");
    }
}
