using BenchmarkDotNet.Attributes;

namespace Lora.Benchmarks.Kernels;

/// <summary>The two products that a packed frozen matrix serves, with weights that come from memory.</summary>
public class FrozenProductBenchmarks : IKernel
{
    private FrozenProduct _forward = null!;
    private FrozenProduct _transposed = null!;

    [Params(1, 8, 20, 128, 512)]
    public int M { get; set; }

    [Params(768, 4096)]
    public int Width { get; set; }

    public double Flops => 2.0 * M * Width * Width;

    public double Bytes => (double)sizeof(float) * Width * Width;

    [GlobalSetup]
    public void Setup()
    {
        _forward = new FrozenProduct(M, Width, Width);
        _transposed = new FrozenProduct(M, Width, Width, transposed: true);
    }

    [Benchmark]
    public void Forward() => _forward.Run();

    [Benchmark]
    public void GradientOfInput() => _transposed.Run();
}
