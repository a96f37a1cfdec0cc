using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Lora;

/// <summary>Asks for memory before it is read, where the machine can.</summary>
internal static unsafe class Prefetch
{
    /// <summary>Brings the cache line of an address into the second-level cache.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ToSecondLevel(float* address)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch1(address);
        }
    }
}
