using System.Runtime.CompilerServices;

namespace Lora;

/// <summary>How a kernel reads what it multiplies with several vectors.</summary>
internal unsafe interface IOperand<TVector>
    where TVector : struct
{
    static abstract TVector Read(float* source);
}

/// <summary>One number in all lanes.</summary>
internal readonly unsafe struct BroadcastOperand<TLanes, TVector> : IOperand<TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : struct
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Read(float* source) => TLanes.Broadcast(*source);
}

/// <summary>As many numbers as there are lanes.</summary>
internal readonly unsafe struct VectorOperand<TLanes, TVector> : IOperand<TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : struct
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Read(float* source) => TLanes.Load(source);
}
