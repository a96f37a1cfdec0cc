namespace Lora.Models;

/// <summary>The numbers of GGUF, version 3: a header of keys with values and of tensors, then the tensors' data, each at a multiple of an alignment.</summary>
internal static class GgufFormat
{
    public const uint Magic = 0x46554747; // "GGUF", little-endian.
    public const uint Version = 3;
    public const int DefaultAlignment = 32;
    public const string AlignmentKey = "general.alignment";

    /// <summary>The longest name of a tensor that llama.cpp takes, in bytes.</summary>
    public const int MaxNameLength = 63;

    /// <summary>The most dimensions of a tensor.</summary>
    public const int MaxDimensions = 4;

    public const uint F32 = 0;
    public const uint F16 = 1;
    public const uint BF16 = 30;

    /// <summary>The bytes of one element, of those types that are read.</summary>
    public static int SizeOf(uint type) => type == F32 ? sizeof(float) : sizeof(ushort);

    public static long Align(long position, long alignment) => (position + alignment - 1) / alignment * alignment;
}
