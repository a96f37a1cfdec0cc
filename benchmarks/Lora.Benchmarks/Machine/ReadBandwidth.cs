using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Lora.Benchmarks;

/// <summary>How fast the machine reads memory that lies in no cache.</summary>
internal sealed class ReadBandwidth
{
    private const int Repeats = 20;
    private const int Length = 128 << 20;

    // As far as the reads in flight reach, and no further, so that a page's end costs little.
    private const int Streams = 4;

    // In bytes: a stream is asked for so far ahead.
    private const int Ahead = 1024;

    private readonly float[] _buffer = GC.AllocateUninitializedArray<float>(Length, pinned: true);

    public ReadBandwidth() => Array.Fill(_buffer, 1f); // A page that was never written is not in memory.

    /// <summary>Bytes a second, each thread reading its own part.</summary>
    public double Measure(int threads)
    {
        int part = Length / threads / (16 * Streams) * (16 * Streams);
        double seconds = double.MaxValue;
        for (int repeat = 0; repeat < Repeats; repeat++)
        {
            seconds = Math.Min(seconds, Together.Seconds(threads, thread => Check(Sum(_buffer.AsSpan(part * thread, part)))));
        }

        return (double)sizeof(float) * part * threads / seconds;
    }

    private static void Check(float sum)
    {
        if (sum <= 0)
        {
            throw new InvalidOperationException("The sum of ones is not positive.");
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static unsafe float Sum(ReadOnlySpan<float> values)
    {
        Vector512<float> s0 = default, s1 = default, s2 = default, s3 = default;
        fixed (float* start = values)
        {
            int stream = values.Length / Streams;
            for (float* at = start, end = start + stream; at < end; at += 16)
            {
                Prefetch.ToSecondLevel((byte*)at + Ahead, sizeof(float) * stream);
                s0 += Vector512.Load(at);
                s1 += Vector512.Load(at + stream);
                s2 += Vector512.Load(at + (2 * stream));
                s3 += Vector512.Load(at + (3 * stream));
            }
        }

        return Vector512.Sum(s0 + s1 + s2 + s3);
    }
}
