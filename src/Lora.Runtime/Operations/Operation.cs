namespace Lora;

/// <summary>Runs operations eagerly: allocates the result and fills it.</summary>
public static class Operation
{
    /// <summary>Runs an operation of one tensor.</summary>
    /// <param name="into">Writes the result, its last argument.</param>
    /// <param name="x">The input.</param>
    /// <param name="shape">The shape of the result.</param>
    public static Tensor Run(Action<Tensor, Tensor> into, Tensor x, params ReadOnlySpan<int> shape)
    {
        ArgumentNullException.ThrowIfNull(into);
        ArgumentNullException.ThrowIfNull(x);
        Tensor result = Result(new TensorShape(shape));
        into(x, result);
        return result;
    }

    /// <summary>Runs an operation of two tensors.</summary>
    /// <param name="into">Writes the result, its last argument.</param>
    /// <param name="x">The first input.</param>
    /// <param name="y">The second input.</param>
    /// <param name="shape">The shape of the result.</param>
    public static Tensor Run(Action<Tensor, Tensor, Tensor> into, Tensor x, Tensor y, params ReadOnlySpan<int> shape)
    {
        ArgumentNullException.ThrowIfNull(into);
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(y);
        Tensor result = Result(new TensorShape(shape));
        into(x, y, result);
        return result;
    }

    /// <summary>A tensor for an operation's result; its elements are not cleared.</summary>
    /// <param name="shape">The shape of the result.</param>
    public static Tensor Result(TensorShape shape) => new(shape, TransientMemory.Take(shape.Length));
}
