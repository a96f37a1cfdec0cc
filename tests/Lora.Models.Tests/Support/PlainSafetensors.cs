using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Lora.Models.Tests;

/// <summary>A reader of its own for reference files, so that the library's reader is not its own judge; it knows F64 too.</summary>
internal static class PlainSafetensors
{
    public static Dictionary<string, (int[] Shape, double[] Values)> Read(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        int length = (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        using JsonDocument header = JsonDocument.Parse(bytes.AsMemory(8, length));
        var tensors = new Dictionary<string, (int[] Shape, double[] Values)>();
        foreach (JsonProperty entry in header.RootElement.EnumerateObject())
        {
            if (entry.Name == "__metadata__")
            {
                continue;
            }

            int[] offsets = entry.Value.Ints("data_offsets");
            byte[] data = bytes[(8 + length + offsets[0])..(8 + length + offsets[1])];
            tensors.Add(entry.Name, (entry.Value.Ints("shape"), Values(entry.Value.GetProperty("dtype").GetString()!, data)));
        }

        return tensors;
    }

    private static double[] Values(string type, byte[] data) => type switch
    {
        "F64" => MemoryMarshal.Cast<byte, double>(data).ToArray(),
        "F32" => [.. MemoryMarshal.Cast<byte, float>(data).ToArray()],
        "BF16" => [.. MemoryMarshal.Cast<byte, ushort>(data).ToArray().Select(bits => (double)BitConverter.UInt32BitsToSingle((uint)bits << 16))],
        "I64" => [.. MemoryMarshal.Cast<byte, long>(data).ToArray()],
        _ => throw new NotSupportedException(type),
    };
}
