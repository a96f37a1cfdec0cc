namespace Lora.Tests.Threads;

/// <summary>Tests that change the number of threads of the whole process run alone.</summary>
[CollectionDefinition(nameof(ThreadCounts), DisableParallelization = true)]
public static class ThreadCounts
{
    /// <summary>Runs with a number of threads.</summary>
    internal static T Run<T>(int count, Func<T> function)
    {
        int before = LoraThreads.Count;
        LoraThreads.Count = count;
        try
        {
            return function();
        }
        finally
        {
            LoraThreads.Count = before;
        }
    }
}
