using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Lora.Models;

/// <summary>One tensor of a GGUF file.</summary>
/// <param name="Name">The name.</param>
/// <param name="Shape">The dimensions, outermost first: the file has them innermost first.</param>
/// <param name="Type">The number of the element type.</param>
/// <param name="Offset">Where the data begins, from the start of the data.</param>
internal sealed record GgufTensor(string Name, IReadOnlyList<long> Shape, uint Type, long Offset)
{
    public long Length => Shape.Aggregate(1L, (length, dimension) => checked(length * dimension));

    public long Bytes => checked(Length * GgufFormat.SizeOf(Type));
}

/// <summary>A GGUF file, open for reading; its header is held to what the format demands.</summary>
internal sealed class GgufFile : IDisposable
{
    private readonly FileStream _stream;
    private readonly long _dataStart;

    private GgufFile(FileStream stream, string path, IReadOnlyDictionary<string, object> metadata, IReadOnlyDictionary<string, GgufTensor> tensors, long dataStart)
    {
        _stream = stream;
        Path = path;
        Metadata = metadata;
        Tensors = tensors;
        _dataStart = dataStart;
    }

    public string Path { get; }

    /// <summary>The values by key: <see cref="string"/>, <see cref="bool"/>, <see cref="float"/>, <see cref="double"/>, <see cref="long"/>, <see cref="ulong"/>, or arrays of them.</summary>
    public IReadOnlyDictionary<string, object> Metadata { get; }

    public IReadOnlyDictionary<string, GgufTensor> Tensors { get; }

    /// <exception cref="InvalidDataException">The file is malformed.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static GgufFile Open(string path)
    {
        var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        try
        {
            var reader = new GgufReader(stream, path);
            reader.ReadBeginning(out long tensorCount, out long valueCount);
            Dictionary<string, object> metadata = reader.ReadMetadata(valueCount);
            long alignment = AlignmentOf(metadata, path);
            List<GgufTensor> tensors = reader.ReadTensors(tensorCount);
            long dataStart = GgufFormat.Align(stream.Position, alignment);
            CheckLayout(tensors, path, alignment, stream.Length - dataStart);
            return new GgufFile(stream, path, metadata, tensors.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal), dataStart);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>The values of a tensor of <c>F32</c>, <c>F16</c> or <c>BF16</c>.</summary>
    public Tensor Read(GgufTensor tensor)
    {
        byte[] bytes = new byte[tensor.Bytes];
        _stream.Position = _dataStart + tensor.Offset;
        _stream.ReadExactly(bytes);
        float[] values = new float[tensor.Length];
        int size = GgufFormat.SizeOf(tensor.Type);
        for (int i = 0; i < values.Length; i++)
        {
            ReadOnlySpan<byte> source = bytes.AsSpan(i * size, size);
            values[i] = tensor.Type switch
            {
                GgufFormat.F32 => BinaryPrimitives.ReadSingleLittleEndian(source),
                GgufFormat.F16 => (float)BinaryPrimitives.ReadHalfLittleEndian(source),
                _ => BitConverter.UInt32BitsToSingle((uint)BinaryPrimitives.ReadUInt16LittleEndian(source) << 16),
            };
        }

        return Tensor.From(values, [.. tensor.Shape.Select(dimension => (int)dimension)]);
    }

    public void Dispose() => _stream.Dispose();

    private static long AlignmentOf(Dictionary<string, object> metadata, string path)
    {
        if (!metadata.TryGetValue(GgufFormat.AlignmentKey, out object? value))
        {
            return GgufFormat.DefaultAlignment;
        }

        return value is ulong alignment and > 0 and <= 1 << 20 && alignment % 8 == 0
            ? (long)alignment
            : throw new InvalidDataException($"'{path}': {GgufFormat.AlignmentKey} is {value}; it must be a multiple of 8.");
    }

    private static void CheckLayout(List<GgufTensor> tensors, string path, long alignment, long dataLength)
    {
        long end = 0;
        foreach (GgufTensor tensor in tensors.OrderBy(tensor => tensor.Offset))
        {
            string? fault = tensor.Offset % alignment != 0 ? $"its data begins at {tensor.Offset}, which is no multiple of {alignment}"
                : tensor.Offset < end ? "its data overlaps another's"
                : tensor.Bytes > dataLength - tensor.Offset ? $"its data ends beyond the file's, which has {Math.Max(0, dataLength)} bytes of data. Is it cut off?"
                : null;
            if (fault is not null)
            {
                throw new InvalidDataException($"'{path}': {tensor.Name}: {fault}");
            }

            end = tensor.Offset + tensor.Bytes;
        }
    }
}
