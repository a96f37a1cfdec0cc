using System.Diagnostics;
using System.Runtime;

namespace Lora.Benchmarks;

/// <summary>Times several works in turns, so that what disturbs the machine disturbs all of them, and keeps the shortest time of each.</summary>
internal static class Interleaved
{
    private static readonly TimeSpan _unchanged = TimeSpan.FromSeconds(0.4);
    private static readonly TimeSpan _longestWarmUp = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan _batch = TimeSpan.FromMilliseconds(10);

    /// <summary>The shortest mean time of a batch of each work, in seconds.</summary>
    public static double[] Minimum(IReadOnlyList<IWork> works, Repeats repeats)
    {
        int[] calls = [.. works.Select(WarmUp)];
        double[] shortest = new double[works.Count];
        Array.Fill(shortest, double.MaxValue);
        var clock = Stopwatch.StartNew();
        for (int repeat = 0; repeat < repeats.Most && (repeat < repeats.Least || clock.Elapsed < repeats.Time); repeat++)
        {
            for (int i = 0; i < works.Count; i++)
            {
                OtherThreads.WaitUntilAsleep();
                works[i].Run(); // Brings its code and data near, and wakes its own threads.
                shortest[i] = Math.Min(shortest[i], Batch(works[i], calls[i]));
            }
        }

        return shortest;
    }

    // Until no method has been compiled anew for a while: quick code, and code that counts, stand in at first. Gives the calls that fill a batch.
    private static int WarmUp(IWork work)
    {
        var clock = Stopwatch.StartNew();
        double shortest = double.MaxValue;
        int compiled = -1;
        TimeSpan changed = TimeSpan.Zero;
        for (int call = 0; call < 3 || (clock.Elapsed - changed < _unchanged && clock.Elapsed < _longestWarmUp); call++)
        {
            shortest = Math.Min(shortest, Batch(work, 1));
            int now = (int)JitInfo.GetCompiledMethodCount();
            (compiled, changed) = (now, now == compiled ? changed : clock.Elapsed);
        }

        return (int)Math.Max(1, _batch.TotalSeconds / shortest);
    }

    private static double Batch(IWork work, int calls)
    {
        long start = Stopwatch.GetTimestamp();
        for (int call = 0; call < calls; call++)
        {
            work.Run();
        }

        return Stopwatch.GetElapsedTime(start).TotalSeconds / calls;
    }
}
