namespace Lora;

/// <summary>Checks of shapes that several operations share.</summary>
internal static class Checks
{
    /// <summary>Throws unless two tensors have one shape.</summary>
    public static void SameShape(Tensor a, Tensor b, string operation)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(b);
        if (a.FullShape != b.FullShape)
        {
            throw new ArgumentException($"{operation} takes two tensors of one shape; it was given {a.FullShape} and {b.FullShape}. Reshape or broadcast one of them first.");
        }
    }

    /// <summary>The number of elements of one row: the last dimension.</summary>
    public static int RowWidth(Tensor x, string operation)
    {
        ArgumentNullException.ThrowIfNull(x);
        return x.Rank > 0 ? x.Shape[^1] : throw new ArgumentException($"{operation} works on the last dimension; it was given a tensor without dimensions.", nameof(x));
    }

    /// <summary>Throws where a mean would divide by zero.</summary>
    public static void NotEmpty(Tensor x, string operation)
    {
        if (x.Length == 0)
        {
            throw new ArgumentException($"{operation} of no elements is not defined; it was given a tensor of shape {x.FullShape}.", nameof(x));
        }
    }

    /// <summary>Throws unless a result has the shape that the operation gives.</summary>
    public static void Result(Tensor result, TensorShape expected, string operation)
    {
        if (result.FullShape != expected)
        {
            throw new ArgumentException($"{operation} has a result of shape {expected}; it was given one of {result.FullShape}.", nameof(result));
        }
    }
}
