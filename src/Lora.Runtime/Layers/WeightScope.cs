namespace Lora;

/// <summary>Whether layers and adapters that are made on this thread have values, or shapes alone.</summary>
internal sealed class WeightScope : IDisposable
{
    [ThreadStatic]
    private static bool _isWithoutValues;

    private readonly bool _previous = _isWithoutValues;

    public WeightScope() => _isWithoutValues = true;

    public static bool IsWithoutValues => _isWithoutValues;

    public void Dispose() => _isWithoutValues = _previous;

    /// <summary>A tensor of zeros, or of no values.</summary>
    public static Tensor Zeros(params ReadOnlySpan<int> shape) => _isWithoutValues ? Tensor.WithoutValues(shape) : Tensor.Zeros(shape);
}
