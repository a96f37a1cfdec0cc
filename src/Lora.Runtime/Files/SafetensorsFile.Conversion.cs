using System.Buffers.Binary;
using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace Lora;

public sealed partial class SafetensorsFile
{
    /// <summary>The elements that are converted at a time: spans of bytes are shorter than tensors may be.</summary>
    private const int ChunkLength = 1 << 24;

    private delegate void Converter(ReadOnlySpan<byte> source, Span<float> destination);

    /// <summary>A float32 rounded to the nearest bfloat16, ties to even.</summary>
    internal static ushort ToBFloat16(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return float.IsNaN(value)
            ? (ushort)((bits >> 16) | 0x40)
            : (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }

    private unsafe void ReadData(SafetensorsEntry entry, Span<float> destination, Converter convert)
    {
        int size = SafetensorsEntry.BitsOf(entry.DataType) / 8;
        byte* data = AcquireData(entry);
        try
        {
            for (long begin = 0; begin < destination.Length; begin += ChunkLength)
            {
                int length = (int)Math.Min(ChunkLength, destination.Length - begin);
                convert(new ReadOnlySpan<byte>(data + (begin * size), length * size), destination.Slice((int)begin, length));
            }
        }
        finally
        {
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
        }
    }

    private Converter ConverterOf(SafetensorsEntry entry) => entry.DataType switch
    {
        "F32" => FromSingle,
        "F16" => FromHalf,
        "BF16" => FromBFloat16,
        "F64" => FromDouble,
        _ => throw new SafetensorsException(Path, entry.Name, $"It is {entry.DataType}; float32 values are read from F32, F16, BF16 and F64."),
    };

    private static void FromSingle(ReadOnlySpan<byte> source, Span<float> destination)
    {
        source.CopyTo(MemoryMarshal.AsBytes(destination));
        if (!BitConverter.IsLittleEndian)
        {
            Span<int> bits = MemoryMarshal.Cast<float, int>(destination);
            BinaryPrimitives.ReverseEndianness(bits, bits);
        }
    }

    private static void FromHalf(ReadOnlySpan<byte> source, Span<float> destination)
    {
        if (BitConverter.IsLittleEndian)
        {
            TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(source), destination);
            return;
        }

        for (int i = 0; i < destination.Length; i++)
        {
            destination[i] = (float)BinaryPrimitives.ReadHalfLittleEndian(source[(i * sizeof(ushort))..]);
        }
    }

    private static void FromBFloat16(ReadOnlySpan<byte> source, Span<float> destination)
    {
        int i = 0;
        if (BitConverter.IsLittleEndian)
        {
            ReadOnlySpan<ushort> words = MemoryMarshal.Cast<byte, ushort>(source);
            Span<uint> bits = MemoryMarshal.Cast<float, uint>(destination);
            for (; i <= words.Length - Vector<ushort>.Count; i += Vector<ushort>.Count)
            {
                Vector.Widen(new Vector<ushort>(words[i..]), out Vector<uint> low, out Vector<uint> high);
                (low << 16).CopyTo(bits[i..]);
                (high << 16).CopyTo(bits[(i + Vector<uint>.Count)..]);
            }
        }

        for (; i < destination.Length; i++)
        {
            destination[i] = BitConverter.UInt32BitsToSingle((uint)BinaryPrimitives.ReadUInt16LittleEndian(source[(i * sizeof(ushort))..]) << 16);
        }
    }

    private static void FromDouble(ReadOnlySpan<byte> source, Span<float> destination)
    {
        for (int i = 0; i < destination.Length; i++)
        {
            destination[i] = (float)BinaryPrimitives.ReadDoubleLittleEndian(source[(i * sizeof(double))..]);
        }
    }
}
