namespace Lora;

/// <summary>The threads that share the work of one operation.</summary>
/// <remarks>Results are the same bits for any number of threads.</remarks>
public static class LoraThreads
{
    /// <summary>The environment variable that sets <see cref="Count"/> at the start: <c>LORA_NUM_THREADS</c>.</summary>
    public const string Variable = "LORA_NUM_THREADS";

    internal const int Most = 256;

    private static int _count = Initial(Environment.GetEnvironmentVariable(Variable));

    /// <summary>How many threads compute an operation, the calling one among them: at first <c>LORA_NUM_THREADS</c>, or else the number of processors.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The number lies outside 1 to 256.</exception>
    public static int Count
    {
        get => Volatile.Read(ref _count);
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, Most);
            Volatile.Write(ref _count, value);
        }
    }

    internal static int Initial(string? variable)
    {
        if (string.IsNullOrWhiteSpace(variable))
        {
            return Math.Clamp(Environment.ProcessorCount, 1, Most);
        }

        return int.TryParse(variable, out int count) && count is >= 1 and <= Most
            ? count
            : throw new InvalidOperationException($"{Variable} is '{variable}'; it must be a number of threads from 1 to {Most}.");
    }
}
