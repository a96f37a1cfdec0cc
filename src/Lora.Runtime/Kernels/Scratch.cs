namespace Lora;

/// <summary>Memory that a kernel needs within one call: buffers of each thread, kept and grown.</summary>
internal static class Scratch
{
    // A thread may come to a small need late, when others have taken such parts before it: it finds room.
    private const int LeastLength = 16_384;

    [ThreadStatic]
    private static TensorMemory _memory;

    [ThreadStatic]
    private static TensorMemory _packed;

    [ThreadStatic]
    private static WeightRoom? _weights;

    private static readonly WeightRoom?[] _weightsOfWorkers = new WeightRoom?[LoraThreads.Most];

    [ThreadStatic]
    private static int _worker;

    /// <summary>Elements of any value, the thread's until its next call of this method.</summary>
    public static Span<float> Take(int length) => Take(ref _memory, length);

    /// <summary>The same for the matrix products, whose callers may hold the result of <see cref="Take(int)"/>.</summary>
    public static Span<float> TakePacked(int length) => Take(ref _packed, length);

    /// <summary>The same for weights that a part of a product makes from what lies in memory.</summary>
    public static Span<float> TakeWeights(int length)
    {
        if (length == 0)
        {
            return default;
        }

        return Room(ref (_worker > 0 ? ref _weightsOfWorkers[_worker] : ref _weights), length).Memory.Span(length);
    }

    /// <summary>Makes room for what parts of a dispatch will take: a worker that comes late to a kind of part finds it, and allocates nothing.</summary>
    public static void ReserveWeights(int length)
    {
        for (int worker = 1; worker < LoraThreads.Count && length > 0; worker++)
        {
            Room(ref _weightsOfWorkers[worker], length);
        }
    }

    /// <summary>Says that the calling thread is a worker, and which.</summary>
    public static void BelongsTo(int worker) => _worker = worker;

    // Several callers may make room at once. What a worker has taken stays its own, though another takes its place here: it is read once.
    private static WeightRoom Room(ref WeightRoom? place, int length)
    {
        WeightRoom? room = place;
        if (room is null || room.Memory.Capacity < length)
        {
            place = room = new WeightRoom(TensorMemory.Allocate(Math.Max(length, LeastLength)));
        }

        return room;
    }

    private static Span<float> Take(ref TensorMemory memory, int length)
    {
        if (memory.IsEmpty || memory.Capacity < length)
        {
            memory = TensorMemory.Allocate(Math.Max(length, LeastLength));
        }

        return memory.Span(length);
    }

    private sealed class WeightRoom(TensorMemory memory)
    {
        public TensorMemory Memory => memory;
    }
}
