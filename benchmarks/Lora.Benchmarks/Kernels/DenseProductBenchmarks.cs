using BenchmarkDotNet.Attributes;

namespace Lora.Benchmarks.Kernels;

/// <summary>Products of matrices that are trained, which nothing is packed for beforehand.</summary>
public class DenseProductBenchmarks : IKernel
{
    private float[] _a = [];
    private float[] _b = [];
    private float[] _c = [];

    [Params(64, 256, 512)]
    public int Size { get; set; }

    public double Flops => 2.0 * Size * Size * Size;

    public double Bytes => 0;

    [GlobalSetup]
    public void Setup()
    {
        _a = Tensor.RandomNormal(1, Size, Size).Span.ToArray();
        _b = Tensor.RandomNormal(2, Size, Size).Span.ToArray();
        _c = new float[Size * Size];
    }

    [Benchmark]
    public void Plain() => Run(transposeA: false, transposeB: false);

    [Benchmark]
    public void TransposedLeft() => Run(transposeA: true, transposeB: false);

    [Benchmark]
    public void TransposedRight() => Run(transposeA: false, transposeB: true);

    private void Run(bool transposeA, bool transposeB) => MatrixProduct.Multiply(_a, transposeA, _b, transposeB, _c, Size, Size, Size, add: false);
}
