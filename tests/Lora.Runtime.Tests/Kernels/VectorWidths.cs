namespace Lora.Tests.Kernels;

/// <summary>Tests that narrow the vectors of the whole process run alone.</summary>
[CollectionDefinition(nameof(VectorWidths), DisableParallelization = true)]
public static class VectorWidths
{
    public static TheoryData<int> All => [16, 8, 4];

    /// <summary>Runs with vectors of at most so many floats.</summary>
    internal static void Run(int width, Action action)
    {
        int before = VectorWidth.Limit;
        VectorWidth.Limit = width;
        try
        {
            action();
        }
        finally
        {
            VectorWidth.Limit = before;
        }
    }
}
