using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Lora;

public sealed partial class SafetensorsFile
{
    private const int Alignment = 8;

    /// <summary>
    /// Writes a file as a whole or not at all: into a temporary file beside it, which takes its place once it is on the disk. A file of that
    /// name that is open stays readable as it was where the system allows replacing it (Linux, macOS); Windows refuses with an
    /// <see cref="IOException"/>, and nothing has changed.
    /// </summary>
    /// <param name="path">The path of the file.</param>
    /// <param name="tensors">The tensors with their names, in the order in which they are written.</param>
    /// <param name="metadata">Free-form strings for the header; readers of PyTorch want <c>format: pt</c>.</param>
    /// <param name="type">The element type in the file.</param>
    /// <exception cref="ArgumentException">Two tensors have one name, or one has the header's own.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(
        string path,
        IEnumerable<(string Name, Tensor Value)> tensors,
        IReadOnlyDictionary<string, string>? metadata = null,
        SafetensorsType type = SafetensorsType.Float32)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(tensors);
        (string Name, Tensor Value)[] parts = [.. tensors];
        byte[] header = Header(parts, metadata, type);
        AtomicFile.Write(path, stream =>
        {
            stream.Write(header);
            foreach ((_, Tensor value) in parts)
            {
                WriteData(stream, value.Span, type);
            }
        });
    }

    private static byte[] Header((string Name, Tensor Value)[] parts, IReadOnlyDictionary<string, string>? metadata, SafetensorsType type)
    {
        (string typeName, int size) = type switch
        {
            SafetensorsType.Float32 => ("F32", sizeof(float)),
            SafetensorsType.BFloat16 => ("BF16", sizeof(ushort)),
            _ => throw new ArgumentOutOfRangeException(nameof(type), type, "No such element type."),
        };
        var seen = new HashSet<string>(StringComparer.Ordinal) { SafetensorsHeader.MetadataName };
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            if (metadata is { Count: > 0 })
            {
                json.WriteStartObject(SafetensorsHeader.MetadataName);
                foreach ((string key, string value) in metadata)
                {
                    json.WriteString(key, value);
                }

                json.WriteEndObject();
            }

            long offset = 0;
            foreach ((string name, Tensor value) in parts)
            {
                ArgumentNullException.ThrowIfNull(name, nameof(parts));
                ArgumentNullException.ThrowIfNull(value, nameof(parts));
                if (!seen.Add(name))
                {
                    throw new ArgumentException($"The name '{name}' is given twice, or is the header's own.", nameof(parts));
                }

                json.WriteStartObject(name);
                json.WriteString("dtype", typeName);
                json.WriteStartArray("shape");
                foreach (int dimension in value.Shape)
                {
                    json.WriteNumberValue(dimension);
                }

                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offset);
                offset += (long)value.Length * size;
                json.WriteNumberValue(offset);
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        // Spaces after the header put the data on a multiple of eight bytes, as the format's own writer does.
        int length = (buffer.WrittenCount + Alignment - 1) / Alignment * Alignment;
        byte[] header = new byte[SafetensorsHeader.PrefixLength + length];
        header.AsSpan().Fill((byte)' ');
        BinaryPrimitives.WriteUInt64LittleEndian(header, (ulong)length);
        buffer.WrittenSpan.CopyTo(header.AsSpan(SafetensorsHeader.PrefixLength));
        return header;
    }

    private static void WriteData(Stream stream, ReadOnlySpan<float> values, SafetensorsType type)
    {
        if (type == SafetensorsType.Float32 && BitConverter.IsLittleEndian)
        {
            for (int begin = 0; begin < values.Length; begin += ChunkLength)
            {
                stream.Write(MemoryMarshal.AsBytes(values.Slice(begin, Math.Min(ChunkLength, values.Length - begin))));
            }

            return;
        }

        const int BufferLength = 1 << 14;
        byte[] bytes = new byte[BufferLength * sizeof(float)];
        for (int begin = 0; begin < values.Length; begin += BufferLength)
        {
            ReadOnlySpan<float> chunk = values.Slice(begin, Math.Min(BufferLength, values.Length - begin));
            int size = type == SafetensorsType.Float32 ? sizeof(float) : sizeof(ushort);
            for (int i = 0; i < chunk.Length; i++)
            {
                if (type == SafetensorsType.Float32)
                {
                    BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * size), chunk[i]);
                }
                else
                {
                    BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(i * size), ToBFloat16(chunk[i]));
                }
            }

            stream.Write(bytes, 0, chunk.Length * size);
        }
    }
}
