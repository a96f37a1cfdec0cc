namespace Lora.Benchmarks.Kernels;

/// <summary>What one call of a benchmark's methods amounts to, so that its time has a share of what the machine is capable of.</summary>
public interface IKernel
{
    /// <summary>Floating-point operations of products; 0 where memory alone is the bound.</summary>
    double Flops { get; }

    /// <summary>Bytes that come from memory or go there; 0 where the data stays in caches.</summary>
    double Bytes { get; }
}
