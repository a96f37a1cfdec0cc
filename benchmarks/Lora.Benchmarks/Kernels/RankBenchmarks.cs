using BenchmarkDotNet.Attributes;

namespace Lora.Benchmarks.Kernels;

/// <summary>What it brings that a rank is known to the compiler: thin products in their form for the rank, beside the form that serves any, at the same rank.</summary>
public unsafe class RankBenchmarks : IKernel
{
    private const int Count = 512;
    private const int Width = 768;
    private const float Scale = 1e-6f; // What is added again and again stays finite.

    private Tensor _wide = null!;
    private Tensor _thin = null!;
    private Tensor _factor = null!;

    [Params(4, 8, 16)]
    public int Rank { get; set; }

    public double Flops => 2.0 * Count * Width * Rank;

    public double Bytes => 0;

    [GlobalSetup]
    public void Setup()
    {
        _wide = Tensor.RandomNormal(1, Count, Width);
        _thin = Tensor.RandomNormal(2, Count, Rank);
        _factor = Tensor.RandomNormal(3, Width, Rank);
    }

    // The library chooses its form for 4, 8 and 16 where the caller names no rank.
    [Benchmark]
    public void DownKnownRank() => LowRank.Down<AnyRank>(_wide.Span, _factor.Span, _thin.Span, Count, Width, Rank);

    [Benchmark]
    public void DownAnyRank()
    {
        fixed (float* x = _wide.Span, a = _factor.Span, h = _thin.Span)
        {
            LowRank.DownOfAnyRank(Job(x, a, h));
        }
    }

    [Benchmark]
    public void UpKnownRank() => LowRank.AddUp<AnyRank>(_thin.Span, _factor.Span, Scale, _wide.Span, Count, Width, Rank);

    [Benchmark]
    public void UpAnyRank()
    {
        fixed (float* h = _thin.Span, b = _factor.Span, y = _wide.Span)
        {
            LowRank.AddUpOfAnyRank(Job(h, b, y));
        }
    }

    private ThinJob Job(float* a, float* b, float* c) => new() { A = a, B = b, C = c, BStride = Width, Scale = Scale, Count = Count, Features = Width, Rank = Rank };
}
