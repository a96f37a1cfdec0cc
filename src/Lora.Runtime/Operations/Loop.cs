using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Lora;

/// <summary>A loop over elements, written once for every vector width.</summary>
internal interface ILoop
{
    /// <summary>Computes the elements from start to before end, which are some whole vectors.</summary>
    void Run<TLanes, TVector>(int start, int end)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct;
}

/// <summary>Runs loops over any number of elements: by the widest vectors of this machine, and what is left by ever narrower ones.</summary>
internal static unsafe class Loop
{
    public static void Run<TLoop>(ref TLoop loop, int start, int end)
        where TLoop : struct, ILoop
    {
        if (VectorWidth.Has512)
        {
            start = RunWhole<TLoop, Lanes512, Vector512<float>>(ref loop, start, end);
        }

        if (VectorWidth.Has256)
        {
            start = RunWhole<TLoop, Lanes256, Vector256<float>>(ref loop, start, end);
        }

        start = RunWhole<TLoop, Lanes128, Vector128<float>>(ref loop, start, end);
        RunWhole<TLoop, Lanes32, float>(ref loop, start, end);
    }

    /// <summary>Runs a loop over elements from 0 on, by all threads: they read the one loop, which must not change.</summary>
    public static void RunInParts<TLoop>(TLoop loop, int length)
        where TLoop : struct, ILoop
    {
        var parts = new LoopParts<TLoop> { Body = loop, Length = length };
        parts.Run();
    }

    /// <summary>target = value, or target += value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Write<TLanes, TVector>(float* target, TVector value, bool overwrite)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct => TLanes.Store(target, overwrite ? value : TLanes.Add(TLanes.Load(target), value));

    // Returns where the whole vectors end.
    private static int RunWhole<TLoop, TLanes, TVector>(ref TLoop loop, int start, int end)
        where TLoop : struct, ILoop
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        int whole = end - ((end - start) % TLanes.Count);
        if (start < whole)
        {
            loop.Run<TLanes, TVector>(start, whole);
        }

        return whole;
    }
}
