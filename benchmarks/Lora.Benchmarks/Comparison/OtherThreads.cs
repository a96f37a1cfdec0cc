using System.Diagnostics;
using ThreadState = System.Diagnostics.ThreadState;

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
    /// <remarks>It asks for the state of each thread: the time that a running thread has used is brought up to date with a tick of the system only.</remarks>
    public static void WaitUntilAsleep()
    {
        var clock = Stopwatch.StartNew();
        do
        {
            Thread.Sleep(_glance);
        }
        while (Running() > 1 && clock.Elapsed < _longest);
    }

    // The calling thread is one of them.
    private static int Running()
    {
        using var process = Process.GetCurrentProcess();
        return process.Threads.Cast<ProcessThread>().Count(thread => thread.ThreadState is ThreadState.Running or ThreadState.Ready);
    }
}
