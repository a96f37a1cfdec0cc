namespace Lora.Benchmarks;

/// <summary>How many threads the library's kernels use.</summary>
internal static class OurThreads
{
    /// <summary>The kernels have no threads of their own yet: every count runs them on the caller's.</summary>
    public static void Use(int threads) => ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
}
