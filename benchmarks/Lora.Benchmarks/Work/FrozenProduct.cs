namespace Lora.Benchmarks;

/// <summary>y = x·Wᵀ of a frozen W: x [count, inFeatures], y [count, outFeatures].</summary>
internal sealed class FrozenProduct : IWork
{
    private readonly Cycle<PackedMatrix> _weights;
    private readonly Tensor _x;
    private readonly Tensor _y;
    private readonly int _count;

    public FrozenProduct(int count, int inFeatures, int outFeatures)
    {
        _count = count;
        _x = Tensor.RandomNormal(1, count, inFeatures);
        _y = Tensor.Zeros(count, outFeatures);
        Tensor weight = Tensor.RandomNormal(2, outFeatures, inFeatures);
        _weights = new([.. Enumerable.Range(0, Cycle<PackedMatrix>.CountFor((long)sizeof(float) * weight.Length)).Select(_ => Packed(weight))]);
    }

    public void Run() => _weights.Next().Multiply(_x.Span, _count, _y.Span, bias: default);

    public void Dispose()
    {
    }

    private static PackedMatrix Packed(Tensor weight)
    {
        var packed = new PackedMatrix(weight.Shape[0], weight.Shape[1]);
        packed.Set(weight.Span);
        return packed;
    }
}
