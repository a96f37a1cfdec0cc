using BenchmarkDotNet.Attributes;

namespace Lora.Benchmarks.Kernels;

/// <summary>What is done to each row between the products: bound by memory where the rows lie there.</summary>
public class RowBenchmarks : IKernel
{
    private const int Count = 512;

    private Tensor _x = null!;
    private Tensor _y = null!;
    private RmsNorm _norm = null!;
    private int[] _targets = [];

    [Params(768, 32000)]
    public int Width { get; set; }

    public double Flops => 0;

    /// <summary>Each row read once.</summary>
    public double Bytes => (double)sizeof(float) * Count * Width;

    [GlobalSetup]
    public void Setup()
    {
        _x = Tensor.RandomNormal(1, Count, Width);
        _y = Tensor.RandomNormal(2, Count, Width);
        _norm = new RmsNorm(Width, 1e-6f);
        _targets = [.. Enumerable.Range(0, Count).Select(i => i * 7 % Width)];
    }

    [Benchmark]
    public Tensor RmsNorm() => _norm.Forward(_x);

    [Benchmark]
    public Tensor SwiGlu() => Nn.SwiGlu(_x, _y);

    [Benchmark]
    public float CrossEntropy() => Nn.CrossEntropy(_x, _targets);

    [Benchmark]
    public Tensor Add() => _x + _y;
}
