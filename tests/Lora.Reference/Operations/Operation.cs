namespace Lora;

public static class Operation
{
    public static Tensor Run(Action<Tensor, Tensor> into, Tensor x, params ReadOnlySpan<int> shape)
    {
        Tensor result = Tensor.Zeros(shape);
        into(x, result);
        return result;
    }

    public static Tensor Run(Action<Tensor, Tensor, Tensor> into, Tensor x, Tensor y, params ReadOnlySpan<int> shape)
    {
        Tensor result = Tensor.Zeros(shape);
        into(x, y, result);
        return result;
    }

    public static Tensor Result(TensorShape shape) => Tensor.Zeros(shape.AsSpan());
}
