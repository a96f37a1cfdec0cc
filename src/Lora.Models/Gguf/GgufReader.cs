using System.Buffers.Binary;
using System.Text;

namespace Lora.Models;

/// <summary>Reads the header of a GGUF file, and trusts no number in it.</summary>
internal sealed class GgufReader(FileStream stream, string path)
{
    private const int MaxDepth = 4;
    private const int MaxKeyLength = ushort.MaxValue;

    public void ReadBeginning(out long tensorCount, out long valueCount)
    {
        if (stream.Length < 24 || UInt32() != GgufFormat.Magic)
        {
            throw Fault("it does not begin as a GGUF file does");
        }

        uint version = UInt32();
        if (version is not (2 or GgufFormat.Version))
        {
            throw Fault(BinaryPrimitives.ReverseEndianness(version) is 2 or GgufFormat.Version
                ? "its numbers are big-endian, which is not supported"
                : $"it is of version {version}; 2 and 3 are supported");
        }

        // A tensor takes 24 bytes at least, and a key with its value 13.
        tensorCount = Count(24, "tensors");
        valueCount = Count(13, "keys");
    }

    public Dictionary<string, object> ReadMetadata(long count)
    {
        var metadata = new Dictionary<string, object>(StringComparer.Ordinal);
        for (long i = 0; i < count; i++)
        {
            string key = Text(MaxKeyLength);
            if (!metadata.TryAdd(key, Value(UInt32(), key, depth: 0)))
            {
                throw Fault($"it has the key {key} twice");
            }
        }

        return metadata;
    }

    public List<GgufTensor> ReadTensors(long count)
    {
        var tensors = new List<GgufTensor>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (long i = 0; i < count; i++)
        {
            string name = Text(MaxKeyLength);
            uint dimensions = UInt32();
            if (!names.Add(name) || dimensions is < 1 or > GgufFormat.MaxDimensions)
            {
                throw Fault(dimensions is < 1 or > GgufFormat.MaxDimensions ? $"{name} has {dimensions} dimensions" : $"it has {name} twice");
            }

            long[] shape = new long[dimensions];
            UInt128 length = 1;
            for (int axis = shape.Length - 1; axis >= 0; axis--)
            {
                ulong dimension = UInt64();
                length *= dimension;
                if (dimension > int.MaxValue || length == 0 || length > (uint)Array.MaxLength)
                {
                    throw Fault($"{name} has a dimension of {dimension}, which makes too many elements or none");
                }

                shape[axis] = (long)dimension;
            }

            uint type = UInt32();
            if (type is not (GgufFormat.F32 or GgufFormat.F16 or GgufFormat.BF16))
            {
                throw Fault($"{name} is of the element type {type}; adapters are read in float32 (0), float16 (1) and bfloat16 (30)");
            }

            ulong offset = UInt64();
            tensors.Add(new GgufTensor(name, shape, type, offset <= long.MaxValue / 2 ? (long)offset : throw Fault($"{name} begins at byte {offset}")));
        }

        return tensors;
    }

    private object Value(uint type, string key, int depth) => type switch
    {
        0 => (ulong)Bytes(1)[0],
        1 => (long)(sbyte)Bytes(1)[0],
        2 => (ulong)BinaryPrimitives.ReadUInt16LittleEndian(Bytes(2)),
        3 => (long)BinaryPrimitives.ReadInt16LittleEndian(Bytes(2)),
        4 => (ulong)UInt32(),
        5 => (long)(int)UInt32(),
        6 => BinaryPrimitives.ReadSingleLittleEndian(Bytes(4)),
        7 => Bytes(1)[0] switch { 0 => false, 1 => true, byte other => throw Fault($"{key} is {other}, which is neither true nor false") },
        8 => Text(int.MaxValue),
        9 when depth < MaxDepth => Values(key, depth),
        10 => UInt64(),
        11 => (long)UInt64(),
        12 => BinaryPrimitives.ReadDoubleLittleEndian(Bytes(8)),
        _ => throw Fault($"{key} has a value of the unknown type {type}, or too deep in arrays"),
    };

    private object[] Values(string key, int depth)
    {
        uint type = UInt32();
        long count = Count(1, $"values of {key}");
        var values = new List<object>();
        for (long i = 0; i < count; i++)
        {
            values.Add(Value(type, key, depth + 1));
        }

        return [.. values];
    }

    private string Text(int maxLength)
    {
        ulong length = UInt64();
        if (length > (ulong)maxLength || length > (ulong)(stream.Length - stream.Position))
        {
            throw Fault($"at byte {stream.Position} stands a text of {length} bytes, more than there may be. Is it cut off?");
        }

        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(Bytes((int)length));
        }
        catch (DecoderFallbackException fault)
        {
            throw new InvalidDataException($"'{path}': before byte {stream.Position} stands a text that is not UTF-8.", fault);
        }
    }

    private long Count(int leastBytes, string what)
    {
        ulong count = UInt64();
        return count <= (ulong)((stream.Length - stream.Position) / leastBytes)
            ? (long)count
            : throw Fault($"it claims {count} {what}, which the file has no room for. Is it cut off?");
    }

    private uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Bytes(4));

    private ulong UInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Bytes(8));

    private byte[] Bytes(int count)
    {
        byte[] bytes = new byte[count];
        return stream.ReadAtLeast(bytes, count, throwOnEndOfStream: false) == count ? bytes : throw Fault("it ends within its header. Is it cut off?");
    }

    private InvalidDataException Fault(string reason) => new($"'{path}': {reason}{(reason[^1] is '?' ? "" : ".")}");
}
