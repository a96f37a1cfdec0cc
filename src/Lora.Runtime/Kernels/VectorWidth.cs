using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;

namespace Lora;

/// <summary>The vectors that the kernels use on this machine.</summary>
internal static class VectorWidth
{
    /// <summary>The widest vector that may be used, in floats: tests narrow it.</summary>
    public static int Limit { get; set; } = 16;

    public static bool Has512 => Vector512.IsHardwareAccelerated && Limit >= 16;

    public static bool Has256 => Vector256.IsHardwareAccelerated && Limit >= 8;

    /// <summary>The floats of one register.</summary>
    public static int Lanes => Has512 ? 16 : Has256 ? 8 : 4;

    /// <summary>Whether there are 32 registers and not 16.</summary>
    public static bool HasManyRegisters => Vector512.IsHardwareAccelerated || AdvSimd.IsSupported;

    /// <summary>The most rows of a tile: its accumulators must leave registers for what they are fed with.</summary>
    public static int TileRows => HasManyRegisters ? 8 : 6;

    /// <summary>The most vectors that a tile of so many rows is wide.</summary>
    public static int TileVectors(int rows) => HasManyRegisters ? 3 : rows <= 2 ? 6 : rows <= 4 ? 3 : 2;
}
