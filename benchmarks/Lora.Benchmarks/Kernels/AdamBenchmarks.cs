using BenchmarkDotNet.Attributes;

namespace Lora.Benchmarks.Kernels;

/// <summary>Adam over one large parameter: value, gradient and both moments are read once.</summary>
public class AdamBenchmarks : IKernel
{
    private Adam _adam = null!;

    [Params(1 << 16, 1 << 24)]
    public int Values { get; set; }

    public double Flops => 0;

    public double Bytes => 4.0 * sizeof(float) * Values;

    [GlobalSetup]
    public void Setup()
    {
        var parameter = new Parameter("values", Tensor.RandomNormal(1, Values));
        parameter.Gradient.Span.Fill(0.01f);
        _adam = new Adam([parameter]);
    }

    [Benchmark]
    public void Step() => _adam.Step();
}
