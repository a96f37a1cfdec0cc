using System.Diagnostics;

namespace Lora.Benchmarks;

/// <summary>What runs in this process beside the calling thread.</summary>
internal static class OtherThreads
{
    private static readonly TimeSpan _glance = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan _longest = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Waits until they rest. A side's threads spin for a while after its last call, libgomp's for some 10 ms where a pause takes long: on a machine
    /// with as many processors as threads, what is timed next would share its processors with them.
    /// </summary>
    public static void WaitUntilAsleep()
    {
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < _longest)
        {
            TimeSpan before = Environment.CpuUsage.TotalTime;
            long start = Stopwatch.GetTimestamp();
            Thread.Sleep(_glance);
            if (Environment.CpuUsage.TotalTime - before < Stopwatch.GetElapsedTime(start) / 2)
            {
                return;
            }
        }
    }
}
