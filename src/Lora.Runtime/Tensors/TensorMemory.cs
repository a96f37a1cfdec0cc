using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Lora;

/// <summary>A pinned array of floats, seen from its first element on a 64-byte boundary.</summary>
internal readonly struct TensorMemory
{
    private const int AlignmentInFloats = 16;

    private const int Absent = -1;

    private readonly float[]? _array;
    private readonly int _start;

    private TensorMemory(float[]? array, int start, int capacity)
    {
        _array = array;
        _start = start;
        Capacity = capacity;
    }

    /// <summary>The memory of a tensor that has a shape and no values.</summary>
    public static TensorMemory None => new(null, 0, Absent);

    /// <summary>The number of floats from the boundary on.</summary>
    public int Capacity { get; }

    public long Bytes => (long)Capacity * sizeof(float);

    public bool IsEmpty => _array is null;

    public bool IsAbsent => Capacity == Absent;

    public static unsafe TensorMemory Allocate(int length)
    {
        int capacity = Math.Max(length, 1);
        float[] array = GC.AllocateUninitializedArray<float>(checked(capacity + AlignmentInFloats - 1), pinned: true);
        nuint address = (nuint)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(array));
        int misaligned = (int)(address / sizeof(float) % AlignmentInFloats);
        return new TensorMemory(array, misaligned == 0 ? 0 : AlignmentInFloats - misaligned, capacity);
    }

    /// <summary>Some of its floats, from a boundary on.</summary>
    public TensorMemory Part(int start, int length) => new(_array, _start + start, length);

    /// <summary>The first boundary from a place on.</summary>
    public static int Aligned(int floats) => (floats + AlignmentInFloats - 1) & -AlignmentInFloats;

    /// <summary>Memory of which only the size is known: it is measured, not used.</summary>
    public static TensorMemory Measured(int length) => new(new float[1], 0, Math.Max(length, 1));

    public readonly bool IsSame(TensorMemory other) => _array is not null && ReferenceEquals(_array, other._array);

    public readonly Span<float> Span(int length)
    {
        if (_array is null)
        {
            throw new InvalidOperationException(
                IsAbsent
                    ? "The tensor has a shape and no values: what is made inside Layer.WithoutWeights() is there to be counted, or to be given weights by LoadStateDict."
                    : "The tensor's memory has been given back: a result of a training call is valid until the next call on the model.");
        }

        return _array.AsSpan(_start, length);
    }
}
