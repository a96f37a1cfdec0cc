using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Lora.Benchmarks;

/// <summary>How fast the machine reads memory that lies in no cache.</summary>
internal sealed class ReadBandwidth
{
    private const int Repeats = 10;
    private const int Length = 128 << 20;

    // In bytes: a stream is asked for so far ahead.
    private const int Ahead = 1024;

    private readonly float[] _buffer = GC.AllocateUninitializedArray<float>(Length, pinned: true);

    public ReadBandwidth()
    {
        HugePages.AskFor(_buffer);
        Array.Fill(_buffer, 1f); // A page that was never written is not in memory.
    }

    /// <summary>Bytes a second, each thread reading its own part: from its begin to its end, or in streams side by side, whichever this machine does faster.</summary>
    public double Measure(int threads)
    {
        int part = Length / threads / (64 * Prefetch.Streams) * (64 * Prefetch.Streams);
        double seconds = double.MaxValue;
        for (int repeat = 0; repeat < Repeats; repeat++)
        {
            seconds = Math.Min(seconds, Together.Seconds(threads, thread => Check(Sum(_buffer.AsSpan(part * thread, part)))));
            seconds = Math.Min(seconds, Together.Seconds(threads, thread => Check(SumInStreams(_buffer.AsSpan(part * thread, part)))));
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
            for (float* at = start, end = start + values.Length; at < end; at += 64)
            {
                s0 += Vector512.Load(at);
                s1 += Vector512.Load(at + 16);
                s2 += Vector512.Load(at + 32);
                s3 += Vector512.Load(at + 48);
            }
        }

        return Vector512.Sum(s0 + s1 + s2 + s3);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static unsafe float SumInStreams(ReadOnlySpan<float> values)
    {
        Vector512<float> s0 = default, s1 = default, s2 = default, s3 = default;
        fixed (float* start = values)
        {
            int stream = values.Length / Prefetch.Streams;
            for (float* at = start, end = start + stream; at < end; at += 16)
            {
                Prefetch.ToSecondLevel((byte*)at + Ahead, sizeof(float) * stream, Prefetch.CacheLine);
                for (float* one = at, last = start + values.Length; one < last; one += 4 * stream)
                {
                    s0 += Vector512.Load(one);
                    s1 += Vector512.Load(one + stream);
                    s2 += Vector512.Load(one + (2 * stream));
                    s3 += Vector512.Load(one + (3 * stream));
                }
            }
        }

        return Vector512.Sum(s0 + s1 + s2 + s3);
    }
}
