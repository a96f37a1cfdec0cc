using System.Diagnostics;

namespace Lora.Benchmarks;

/// <summary>The same work on several threads at once.</summary>
internal static class Together
{
    /// <summary>Seconds from the common start to the last end; <paramref name="work"/> is given the number of its thread.</summary>
    public static double Seconds(int threads, Action<int> work)
    {
        using var start = new Barrier(threads);
        long[] begins = new long[threads];
        long[] ends = new long[threads];
        Thread[] workers = [.. Enumerable.Range(0, threads).Select(index => new Thread(() =>
        {
            start.SignalAndWait();
            begins[index] = Stopwatch.GetTimestamp();
            work(index);
            ends[index] = Stopwatch.GetTimestamp();
        }))];
        foreach (Thread worker in workers)
        {
            worker.Start();
        }

        foreach (Thread worker in workers)
        {
            worker.Join();
        }

        return Stopwatch.GetElapsedTime(begins.Min(), ends.Max()).TotalSeconds;
    }
}
