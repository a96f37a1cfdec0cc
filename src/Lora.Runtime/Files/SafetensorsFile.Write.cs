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
        string dataType = NameOf(type);
        var parts = new List<SafetensorsPart>();
        foreach ((string name, Tensor value) in tensors)
        {
            ArgumentNullException.ThrowIfNull(name, nameof(tensors));
            ArgumentNullException.ThrowIfNull(value, nameof(tensors));
            parts.Add(SafetensorsPart.Of(name, dataType, [.. value.Shape.ToArray().Select(dimension => (long)dimension)], () => value));
        }

        Write(path, parts, metadata);
    }

    /// <summary>Writes a file as a whole or not at all.</summary>
    internal static void Write(string path, IReadOnlyList<SafetensorsPart> parts, IReadOnlyDictionary<string, string>? metadata)
    {
        byte[] header = Header(parts, metadata);
        AtomicFile.Write(path, stream =>
        {
            stream.Write(header);
            foreach (SafetensorsPart part in parts)
            {
                part.Write(stream);
            }
        });
    }

    /// <summary>The format's name of a type.</summary>
    internal static string NameOf(SafetensorsType type) => type switch
    {
        SafetensorsType.Float32 => "F32",
        SafetensorsType.BFloat16 => "BF16",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "No such element type."),
    };

    private static byte[] Header(IReadOnlyList<SafetensorsPart> parts, IReadOnlyDictionary<string, string>? metadata)
    {
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
            foreach (SafetensorsPart part in parts)
            {
                if (!seen.Add(part.Name))
                {
                    throw new ArgumentException($"The name '{part.Name}' is given twice, or is the header's own.", nameof(parts));
                }

                json.WriteStartObject(part.Name);
                json.WriteString("dtype", part.DataType);
                json.WriteStartArray("shape");
                foreach (long dimension in part.Shape)
                {
                    json.WriteNumberValue(dimension);
                }

                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offset);
                offset += part.Bytes;
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

    /// <summary>Writes values as <c>F32</c>, <c>F16</c>, <c>BF16</c> or <c>F64</c>, each rounded to the nearest.</summary>
    internal static void WriteData(Stream stream, ReadOnlySpan<float> values, string dataType)
    {
        if (dataType == "F32" && BitConverter.IsLittleEndian)
        {
            for (int begin = 0; begin < values.Length; begin += ChunkLength)
            {
                stream.Write(MemoryMarshal.AsBytes(values.Slice(begin, Math.Min(ChunkLength, values.Length - begin))));
            }

            return;
        }

        const int BufferLength = 1 << 14;
        int size = SafetensorsEntry.BitsOf(dataType) / 8;
        byte[] bytes = new byte[BufferLength * size];
        for (int begin = 0; begin < values.Length; begin += BufferLength)
        {
            ReadOnlySpan<float> chunk = values.Slice(begin, Math.Min(BufferLength, values.Length - begin));
            for (int i = 0; i < chunk.Length; i++)
            {
                Span<byte> target = bytes.AsSpan(i * size, size);
                switch (dataType)
                {
                    case "F32":
                        BinaryPrimitives.WriteSingleLittleEndian(target, chunk[i]);
                        break;
                    case "BF16":
                        BinaryPrimitives.WriteUInt16LittleEndian(target, ToBFloat16(chunk[i]));
                        break;
                    case "F16":
                        BinaryPrimitives.WriteHalfLittleEndian(target, (Half)chunk[i]);
                        break;
                    case "F64":
                        BinaryPrimitives.WriteDoubleLittleEndian(target, chunk[i]);
                        break;
                    default:
                        throw new ArgumentOutOfRangeException(nameof(dataType), dataType, "Floats are written as F32, F16, BF16 or F64.");
                }
            }

            stream.Write(bytes, 0, chunk.Length * size);
        }
    }
}
