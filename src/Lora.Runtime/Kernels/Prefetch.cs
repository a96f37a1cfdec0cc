using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Lora;

/// <summary>Asks for memory before it is read, where the machine can.</summary>
internal static unsafe class Prefetch
{
    /// <summary>The streams that are asked for side by side.</summary>
    public const int Streams = 8;

    public const int CacheLine = 64;

    private const int LetterCodesOfAuth = 0x68747541; // "Auth", of "AuthenticAMD".
    private const int FamilyOfZen5 = 0x1A;

    /// <summary>
    /// Whether the processor fills the way from memory while it reads one stream, with what lies a little ahead: AMD's do, and are best left to it; Intel's
    /// reach half of it and less.
    /// </summary>
    public static bool OneStreamSuffices { get; } = X86Base.IsSupported && X86Base.CpuId(0, 0).Ebx == LetterCodesOfAuth;

    /// <summary>
    /// Whether the processor reads on best by itself where there is little arithmetic: Zen 4, of which a row of bfloat16 weights, the only stream with too much of
    /// it, is a fifth faster if it asks a little ahead. Zen 5 is a quarter faster if that asks far ahead.
    /// </summary>
    public static bool ReadsOnByItself { get; } = OneStreamSuffices && Avx512F.IsSupported && Family() < FamilyOfZen5;

    /// <summary>Brings the cache line of an address into the nearest cache.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ToFirstLevel(float* address)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch0(address);
        }
    }

    /// <summary>Brings the cache line of an address into the second-level cache.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ToSecondLevel(float* address)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch1(address);
        }
    }

    /// <summary>Brings a piece of each of <see cref="Streams"/> streams into the second-level cache.</summary>
    /// <param name="start">The begin of the piece in the first stream.</param>
    /// <param name="stream">From one stream to the next, in bytes; 0 for the first alone.</param>
    /// <param name="bytes">The length of a piece.</param>
    /// <remarks>A processor reads ahead by itself where it sees a stream, but each by a few lines only: it takes several to fill the way from memory.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ToSecondLevel(byte* start, nint stream, nint bytes)
    {
        if (stream == 0)
        {
            StretchToSecondLevel(start, bytes);
        }
        else if (Sse.IsSupported)
        {
            for (nint at = 0; at < bytes; at += CacheLine)
            {
                byte* address = start + at;
                Sse.Prefetch1(address);
                Sse.Prefetch1(address + stream);
                Sse.Prefetch1(address + (2 * stream));
                Sse.Prefetch1(address + (3 * stream));
                address += 4 * stream;
                Sse.Prefetch1(address);
                Sse.Prefetch1(address + stream);
                Sse.Prefetch1(address + (2 * stream));
                Sse.Prefetch1(address + (3 * stream));
            }
        }
    }

    /// <summary>Brings all cache lines of a stretch into the second-level cache.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StretchToSecondLevel(byte* start, nint bytes)
    {
        for (nint at = 0; at < bytes; at += CacheLine)
        {
            ToSecondLevel((float*)(start + at));
        }
    }

    private static int Family()
    {
        int signature = X86Base.CpuId(1, 0).Eax;
        return ((signature >> 8) & 0xF) + ((signature >> 20) & 0xFF);
    }
}
