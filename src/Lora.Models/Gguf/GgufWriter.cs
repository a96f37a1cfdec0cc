using System.Buffers.Binary;
using System.Text;

namespace Lora.Models;

/// <summary>Writes GGUF files, version 3, little-endian.</summary>
internal sealed class GgufWriter
{
    private readonly List<(string Key, Action<Stream> Write)> _values = [];
    private readonly List<(string Name, Tensor Value, uint Type)> _tensors = [];

    public void Add(string key, string value) => _values.Add((key, stream =>
    {
        Write(stream, 8u);
        Write(stream, value);
    }
    ));

    public void Add(string key, uint value) => _values.Add((key, stream =>
    {
        Write(stream, 4u);
        Write(stream, value);
    }
    ));

    public void Add(string key, float value) => _values.Add((key, stream =>
    {
        Write(stream, 6u);
        Write(stream, BitConverter.SingleToUInt32Bits(value));
    }
    ));

    /// <summary>Adds a tensor whose shape is outermost first.</summary>
    public void Add(string name, Tensor value, uint type) => _tensors.Add((name, value, type));

    /// <summary>Writes the file as a whole or not at all. Its folder is made where there is none.</summary>
    public void Write(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        AtomicFile.Write(path, WriteAll);
    }

    private void WriteAll(Stream stream)
    {
        Write(stream, GgufFormat.Magic);
        Write(stream, GgufFormat.Version);
        Write(stream, (ulong)_tensors.Count);
        Write(stream, (ulong)_values.Count);
        foreach ((string key, Action<Stream> write) in _values)
        {
            Write(stream, key);
            write(stream);
        }

        long offset = 0;
        foreach ((string name, Tensor value, uint type) in _tensors)
        {
            Write(stream, name);
            Write(stream, (uint)value.Rank);
            for (int axis = value.Rank - 1; axis >= 0; axis--)
            {
                Write(stream, (ulong)value.Shape[axis]);
            }

            Write(stream, type);
            Write(stream, (ulong)offset);
            offset = GgufFormat.Align(offset + ((long)value.Length * GgufFormat.SizeOf(type)), GgufFormat.DefaultAlignment);
        }

        Pad(stream);
        foreach ((_, Tensor value, uint type) in _tensors)
        {
            SafetensorsFile.WriteData(stream, value.Span, type == GgufFormat.F32 ? "F32" : "F16");
            Pad(stream);
        }
    }

    private static void Pad(Stream stream) =>
        stream.Write(new byte[GgufFormat.Align(stream.Position, GgufFormat.DefaultAlignment) - stream.Position]);

    private static void Write(Stream stream, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        Write(stream, (ulong)bytes.Length);
        stream.Write(bytes);
    }

    private static void Write(Stream stream, uint value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        stream.Write(bytes);
    }

    private static void Write(Stream stream, ulong value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        stream.Write(bytes);
    }
}
