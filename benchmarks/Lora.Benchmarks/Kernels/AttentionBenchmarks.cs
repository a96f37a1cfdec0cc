using BenchmarkDotNet.Attributes;

namespace Lora.Benchmarks.Kernels;

/// <summary>Causal attention of 12 heads of 64.</summary>
public class AttentionBenchmarks : IKernel
{
    private const int Heads = 12;
    private const int Width = 64 * Heads;

    private Tensor _q = null!;
    private Tensor _k = null!;
    private Tensor _v = null!;
    private Tensor _y = null!;
    private Tensor _saved = null!;

    [Params(64, 128, 512)]
    public int Length { get; set; }

    /// <summary>q·kᵀ and p·v over what the mask leaves.</summary>
    public double Flops => 2 * 2.0 * (Length * (Length + 1) / 2.0) * Width;

    public double Bytes => 0;

    [GlobalSetup]
    public void Setup()
    {
        _q = Tensor.RandomNormal(1, Length, Width);
        _k = Tensor.RandomNormal(2, Length, Width);
        _v = Tensor.RandomNormal(3, Length, Width);
        _y = Tensor.Zeros(Length, Width);
        _saved = Tensor.Uninitialized(Nn.CausalAttentionSaves(_q, _k, _v, Heads));
    }

    [Benchmark]
    public void Forward() => Nn.CausalAttentionInto(_q, _k, _v, Heads, _y, _saved);
}
