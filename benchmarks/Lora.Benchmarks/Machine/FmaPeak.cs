using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Lora.Benchmarks;

/// <summary>
/// The most multiply-adds that the machine does: chains of the widest vector's, as many as hide an instruction's latency, on values that stay in
/// registers.
/// </summary>
internal static class FmaPeak
{
    private const int Chains = 12;
    private const int Iterations = 4_000_000;
    private const int Repeats = 16;

    // A stretch takes about a tenth of a second, as a large product does: a clock may rise for some hundredths, which no such product could use.
    private const int RunsOfStretch = 10;

    /// <summary>Floating-point operations a second; a multiply-add counts as two.</summary>
    public static double Measure(int threads)
    {
        double seconds = double.MaxValue;
        for (int repeat = 0; repeat < Repeats; repeat++)
        {
            seconds = Math.Min(seconds, Together.Seconds(threads, _ => RunStretch()));
        }

        return RunsOfStretch * Flops(threads) / seconds;
    }

    /// <summary>The operations of so many threads that <see cref="Run()"/> each once.</summary>
    public static double Flops(int threads) => 2.0 * Chains * VectorWidth.Lanes * Iterations * threads;

    /// <summary>Some milliseconds of it, on the calling thread.</summary>
    public static void Run()
    {
        float sum = VectorWidth.Has512 ? Vector512.Sum(Run<Vector512<float>, Lanes512>())
            : VectorWidth.Has256 ? Vector256.Sum(Run<Vector256<float>, Lanes256>())
            : Vector128.Sum(Run<Vector128<float>, Lanes128>());
        if (!float.IsFinite(sum))
        {
            throw new InvalidOperationException("The chains left the range of a float: what was measured is not the speed of ordinary numbers.");
        }
    }

    private static void RunStretch()
    {
        for (int run = 0; run < RunsOfStretch; run++)
        {
            Run();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static TVector Run<TVector, TLanes>()
        where TVector : struct
        where TLanes : struct, ILanes<TVector>
    {
        TVector x = TLanes.Broadcast(0.5f);
        TVector y = TLanes.Broadcast(0.25f);
        TVector c0 = y, c1 = y, c2 = y, c3 = y, c4 = y, c5 = y, c6 = y, c7 = y, c8 = y, c9 = y, c10 = y, c11 = y;
        for (int i = 0; i < Iterations; i++)
        {
            c0 = TLanes.MultiplyAdd(x, y, c0);
            c1 = TLanes.MultiplyAdd(x, y, c1);
            c2 = TLanes.MultiplyAdd(x, y, c2);
            c3 = TLanes.MultiplyAdd(x, y, c3);
            c4 = TLanes.MultiplyAdd(x, y, c4);
            c5 = TLanes.MultiplyAdd(x, y, c5);
            c6 = TLanes.MultiplyAdd(x, y, c6);
            c7 = TLanes.MultiplyAdd(x, y, c7);
            c8 = TLanes.MultiplyAdd(x, y, c8);
            c9 = TLanes.MultiplyAdd(x, y, c9);
            c10 = TLanes.MultiplyAdd(x, y, c10);
            c11 = TLanes.MultiplyAdd(x, y, c11);
        }

        TVector one = TLanes.Broadcast(1);
        c0 = TLanes.MultiplyAdd(one, c1, TLanes.MultiplyAdd(one, c2, TLanes.MultiplyAdd(one, c3, c0)));
        c4 = TLanes.MultiplyAdd(one, c5, TLanes.MultiplyAdd(one, c6, TLanes.MultiplyAdd(one, c7, c4)));
        c8 = TLanes.MultiplyAdd(one, c9, TLanes.MultiplyAdd(one, c10, TLanes.MultiplyAdd(one, c11, c8)));
        return TLanes.MultiplyAdd(one, c0, TLanes.MultiplyAdd(one, c4, c8));
    }
}
