using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Lora;

/// <summary>The vectors that the kernels use on this machine.</summary>
/// <remarks>
/// Those of 512 bits wherever the compiler may use them. <see cref="Vector512.IsHardwareAccelerated"/> is false on Intel's processors before Ice Lake, which
/// lower their clock for them: products, of which a step mostly consists, are nearly twice as fast with them there too.
/// </remarks>
internal static class VectorWidth
{
    /// <summary>The widest vector that may be used, in floats: tests narrow it.</summary>
    public static int Limit { get; set; } = 16;

    public static bool Has512 => Avx512F.IsSupported && Limit >= 16;

    public static bool Has256 => Vector256.IsHardwareAccelerated && Limit >= 8;

    /// <summary>The floats of one register.</summary>
    public static int Lanes => Has512 ? 16 : Has256 ? 8 : 4;

    /// <summary>Whether there are 32 registers and not 16.</summary>
    public static bool HasManyRegisters => Avx512F.IsSupported || AdvSimd.IsSupported;

    /// <summary>The most rows of a tile: its accumulators must leave registers for what they are fed with.</summary>
    public static int TileRows => HasManyRegisters ? 8 : 6;

    /// <summary>The most vectors that a tile of so many rows is wide.</summary>
    public static int TileVectors(int rows) => HasManyRegisters ? 3 : rows <= 2 ? 6 : rows <= 4 ? 3 : 2;
}
