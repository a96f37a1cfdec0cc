namespace Lora;

/// <summary>Memory that a kernel needs within one call: one buffer a thread, kept and grown.</summary>
internal static class Scratch
{
    [ThreadStatic]
    private static TensorMemory _memory;

    /// <summary>Elements of any value, the thread's until its next call of this method.</summary>
    public static Span<float> Take(int length)
    {
        if (_memory.Capacity < length)
        {
            _memory = TensorMemory.Allocate(length);
        }

        return _memory.Span(length);
    }
}
