namespace Lora.Tests;

/// <summary>What steady steps allocate.</summary>
internal static class SteadyAllocation
{
    private const int Rounds = 4;

    /// <summary>
    /// The managed bytes that the calling thread allocates in the quietest of a few rounds. What a step allocates falls into every one; what the runtime takes once, where
    /// other tests make it collect or it replaces the code of a loop that runs, into one.
    /// </summary>
    public static long OfThread(Action steps)
    {
        long least = long.MaxValue;
        for (int round = 0; round < Rounds && least != 0; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            steps();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}
