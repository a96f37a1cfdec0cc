namespace Lora;

/// <summary>Whether layers and adapters that are made on this thread have values, or shapes alone.</summary>
internal sealed class WeightScope : IDisposable
{
    [ThreadStatic]
    private static bool _isWithoutValues;

    private readonly bool _previous = _isWithoutValues;

    public WeightScope() => _isWithoutValues = true;

    public void Dispose() => _isWithoutValues = _previous;

    /// <summary>A tensor of zeros, or of no values.</summary>
    public static Tensor Zeros(params ReadOnlySpan<int> shape) => _isWithoutValues ? Tensor.WithoutValues(shape) : Tensor.Zeros(shape);

    /// <summary>A tensor that is drawn from <c>U(-bound, bound)</c>, or of no values.</summary>
    public static Tensor Uniform(float bound, params ReadOnlySpan<int> shape)
    {
        if (_isWithoutValues)
        {
            return Tensor.WithoutValues(shape);
        }

        Tensor tensor = Tensor.Uninitialized(new TensorShape(shape));
        LoraRandom.FillSharedUniform(tensor.Span, -bound, bound);
        return tensor;
    }

    /// <summary>A tensor that is drawn from the standard normal distribution, or of no values.</summary>
    public static Tensor Normal(params ReadOnlySpan<int> shape)
    {
        if (_isWithoutValues)
        {
            return Tensor.WithoutValues(shape);
        }

        Tensor tensor = Tensor.Uninitialized(new TensorShape(shape));
        LoraRandom.FillSharedNormal(tensor.Span, 1);
        return tensor;
    }
}
