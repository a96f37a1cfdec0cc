namespace Lora;

public static partial class Nn
{
    /// <summary>The same elements in another shape; one dimension may be -1.</summary>
    public static Tensor Reshape(Tensor x, params ReadOnlySpan<int> shape)
    {
        int[] dimensions = shape.ToArray();
        int open = Array.IndexOf(dimensions, -1);
        if (open >= 0)
        {
            dimensions[open] = 1;
            dimensions[open] = x.Length / new TensorShape(dimensions).Length;
        }

        return Tensor.From((ReadOnlySpan<double>)x.Span, dimensions);
    }

    public static Tensor Transpose(Tensor x) => Transpose(x, -2, -1);

    public static Tensor Transpose(Tensor x, int axis1, int axis2)
    {
        int first = Axis(x, axis1);
        int second = Axis(x, axis2);
        int[] shape = x.Shape.ToArray();
        (shape[first], shape[second]) = (shape[second], shape[first]);
        Tensor result = Tensor.Zeros(shape);
        foreach (int[] index in Indices(x.Shape.ToArray()))
        {
            double value = x[index];
            (index[first], index[second]) = (index[second], index[first]);
            result[index] = value;
        }

        return result;
    }

    public static Tensor Concat(Tensor a, Tensor b, int axis)
    {
        int along = Axis(a, axis);
        int[] shape = a.Shape.ToArray();
        shape[along] += b.Shape[along];
        Tensor result = Tensor.Zeros(shape);
        foreach (int[] index in Indices(a.Shape.ToArray()))
        {
            result[index] = a[index];
        }

        foreach (int[] index in Indices(b.Shape.ToArray()))
        {
            double value = b[index];
            index[along] += a.Shape[along];
            result[index] = value;
        }

        return result;
    }

    public static Tensor Concat(Tensor a, Tensor b, Tensor c, int axis) => Concat(Concat(a, b, axis), c, axis);

    public static Tensor Concat(Tensor a, Tensor b, Tensor c, Tensor d, int axis) => Concat(Concat(a, b, c, axis), d, axis);

    public static Tensor Slice(Tensor x, int axis, int start, int length)
    {
        int along = Axis(x, axis);
        int[] shape = x.Shape.ToArray();
        shape[along] = length;
        Tensor result = Tensor.Zeros(shape);
        foreach (int[] index in Indices(shape))
        {
            int[] from = [.. index];
            from[along] += start;
            result[index] = x[from];
        }

        return result;
    }
}
