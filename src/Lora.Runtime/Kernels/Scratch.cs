namespace Lora;

/// <summary>Memory that a kernel needs within one call: buffers of each thread, kept and grown.</summary>
internal static class Scratch
{
    // A thread may come to a small need late, when others have taken such parts before it: it finds room.
    private const int LeastLength = 4096;

    [ThreadStatic]
    private static TensorMemory _memory;

    [ThreadStatic]
    private static TensorMemory _packed;

    [ThreadStatic]
    private static TensorMemory _weights;

    /// <summary>Elements of any value, the thread's until its next call of this method.</summary>
    public static Span<float> Take(int length) => Take(ref _memory, length);

    /// <summary>The same for the matrix products, whose callers may hold the result of <see cref="Take(int)"/>.</summary>
    public static Span<float> TakePacked(int length) => Take(ref _packed, length);

    /// <summary>The same for weights that a part of a product makes from what lies in memory.</summary>
    public static Span<float> TakeWeights(int length) => length == 0 ? default : Take(ref _weights, length);

    private static Span<float> Take(ref TensorMemory memory, int length)
    {
        if (memory.IsEmpty || memory.Capacity < length)
        {
            memory = TensorMemory.Allocate(Math.Max(length, LeastLength));
        }

        return memory.Span(length);
    }
}
