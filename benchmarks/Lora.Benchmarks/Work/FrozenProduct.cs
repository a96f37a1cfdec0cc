namespace Lora.Benchmarks;

/// <summary>y = x·Wᵀ of a frozen W [outFeatures, inFeatures], x [count, inFeatures]; or its transpose, d = g·W with g [count, outFeatures].</summary>
internal sealed class FrozenProduct : IWork
{
    private readonly Cycle<PackedMatrix> _weights;
    private readonly Tensor _input;
    private readonly Tensor _result;
    private readonly int _count;
    private readonly bool _transposed;

    public FrozenProduct(int count, int inFeatures, int outFeatures, bool transposed = false)
        : this(Weights(inFeatures, outFeatures), count, transposed)
    {
    }

    public FrozenProduct(Cycle<PackedMatrix> weights, int count, bool transposed)
    {
        (_weights, _count, _transposed) = (weights, count, transposed);
        PackedMatrix one = weights.Next();
        _input = Tensor.RandomNormal(1, count, transposed ? one.Rows : one.Columns);
        _result = Tensor.Zeros(count, transposed ? one.Columns : one.Rows);
    }

    /// <summary>Copies of a random W [outFeatures, inFeatures].</summary>
    public static Cycle<PackedMatrix> Weights(int inFeatures, int outFeatures)
    {
        Tensor weight = Tensor.RandomNormal(2, outFeatures, inFeatures);
        return new([.. Enumerable.Range(0, Cycle<PackedMatrix>.CountFor((long)sizeof(float) * weight.Length)).Select(_ => Packed(weight))]);
    }

    public void Run()
    {
        if (_transposed)
        {
            _weights.Next().MultiplyTransposed(_input.Span, _count, _result.Span, add: false);
        }
        else
        {
            _weights.Next().Multiply(_input.Span, _count, _result.Span, bias: default);
        }
    }

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
