using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;

namespace Lora;

/// <summary>
/// A safetensors file, open for reading through a memory map: opening reads the header alone, and each tensor is read from the
/// system's page cache when it is asked for.
/// </summary>
public sealed partial class SafetensorsFile : IDisposable
{
    private readonly MemoryMappedFile _map;
    private readonly MemoryMappedViewAccessor _view;
    private readonly SafetensorsHeader _header;
    private readonly long _dataStart;

    private SafetensorsFile(string path, MemoryMappedFile map, MemoryMappedViewAccessor view, SafetensorsHeader header, long dataStart)
    {
        Path = path;
        _map = map;
        _view = view;
        _header = header;
        _dataStart = dataStart;
    }

    /// <summary>The path of the file.</summary>
    public string Path { get; }

    /// <summary>The free-form strings of the header, such as <c>format: pt</c>.</summary>
    public IReadOnlyDictionary<string, string> Metadata => _header.Metadata;

    /// <summary>The tensors by name, in the order of the header.</summary>
    public IReadOnlyDictionary<string, SafetensorsEntry> Entries => _header.Entries;

    /// <summary>Opens a file and checks its header: lengths, types, shapes, and that the tensors fill the file without gap or overlap.</summary>
    /// <param name="path">The path of the file.</param>
    /// <exception cref="SafetensorsException">The file is malformed.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static SafetensorsFile Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0);
        MemoryMappedFile? map = null;
        MemoryMappedViewAccessor? view = null;
        try
        {
            long length = stream.Length;
            SafetensorsHeader header = ReadHeader(path, stream, length, out long dataStart);
            map = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
            view = map.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
            return new SafetensorsFile(path, map, view, header, dataStart);
        }
        catch
        {
            view?.Dispose();
            map?.Dispose();
            stream.Dispose();
            throw;
        }
    }

    /// <summary>Reads a tensor of <c>F32</c>, <c>F16</c>, <c>BF16</c> or <c>F64</c> as float32.</summary>
    /// <param name="name">Its name.</param>
    /// <exception cref="SafetensorsException">There is no such tensor, or it has another type, or is too large.</exception>
    public Tensor Read(string name)
    {
        SafetensorsEntry entry = Find(name);
        if (entry.Shape.Count > TensorShape.MaxRank || entry.Length > Array.MaxLength - 64 || entry.Shape.Any(dimension => dimension > int.MaxValue))
        {
            throw new SafetensorsException(
                Path, name, $"Its shape [{string.Join(", ", entry.Shape)}] has more than {TensorShape.MaxRank} dimensions or too many elements for a tensor.");
        }

        Converter convert = ConverterOf(entry);
        Tensor tensor = Tensor.Uninitialized(new TensorShape([.. entry.Shape.Select(dimension => (int)dimension)]));
        ReadData(entry, tensor.Span, convert);
        return tensor;
    }

    /// <summary>Reads a tensor of <c>F32</c>, <c>F16</c>, <c>BF16</c> or <c>F64</c> as float32 into memory that is there.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="destination">Takes exactly its elements, in row-major order.</param>
    /// <exception cref="SafetensorsException">There is no such tensor, or it has another type.</exception>
    /// <exception cref="ArgumentException">The tensor has another number of elements.</exception>
    public void ReadInto(string name, Span<float> destination)
    {
        SafetensorsEntry entry = Find(name);
        Converter convert = ConverterOf(entry);
        if (entry.Length != destination.Length)
        {
            throw new ArgumentException($"{entry} has {entry.Length} elements; the destination has {destination.Length}.", nameof(destination));
        }

        ReadData(entry, destination, convert);
    }

    /// <summary>Reads a tensor of <c>I64</c>.</summary>
    /// <param name="name">Its name.</param>
    /// <exception cref="SafetensorsException">There is no such tensor, or it has another type, or is too large.</exception>
    public unsafe long[] ReadInt64(string name)
    {
        SafetensorsEntry entry = Find(name);
        if (entry.DataType != "I64" || entry.Length > Array.MaxLength)
        {
            throw new SafetensorsException(Path, name, $"It is {entry.DataType} with {entry.Length} elements; whole numbers are read from I64 of at most {Array.MaxLength}.");
        }

        long[] values = new long[entry.Length];
        byte* data = AcquireData(entry);
        try
        {
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = BinaryPrimitives.ReadInt64LittleEndian(new ReadOnlySpan<byte>(data + ((long)i * sizeof(long)), sizeof(long)));
            }
        }
        finally
        {
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
        }

        return values;
    }

    /// <summary>Copies a tensor's bytes as they are.</summary>
    internal unsafe void CopyTo(string name, Stream stream)
    {
        SafetensorsEntry entry = Find(name);
        byte* data = AcquireData(entry);
        try
        {
            long length = entry.End - entry.Begin;
            for (long begin = 0; begin < length; begin += ChunkLength)
            {
                stream.Write(new ReadOnlySpan<byte>(data + begin, (int)Math.Min(ChunkLength, length - begin)));
            }
        }
        finally
        {
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
        }
    }

    /// <summary>Closes the file. Tensors that were read stay.</summary>
    public void Dispose()
    {
        _view.Dispose();
        _map.Dispose();
    }

    private static SafetensorsHeader ReadHeader(string path, FileStream stream, long length, out long dataStart)
    {
        Span<byte> prefix = stackalloc byte[SafetensorsHeader.PrefixLength];
        if (length < prefix.Length)
        {
            throw new SafetensorsException(path, null, $"The file has {length} bytes, too few to be a safetensors file.");
        }

        stream.ReadExactly(prefix);
        ulong headerLength = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (headerLength > SafetensorsHeader.MaxLength)
        {
            throw new SafetensorsException(
                path, null, $"The header claims {headerLength} bytes; at most {SafetensorsHeader.MaxLength} are allowed. Is this a safetensors file?");
        }

        dataStart = prefix.Length + (long)headerLength;
        if (dataStart > length)
        {
            throw new SafetensorsException(path, null, $"The header claims {headerLength} bytes; the file has {length} altogether. Is it cut off?");
        }

        byte[] json = new byte[headerLength];
        stream.ReadExactly(json);
        return SafetensorsHeader.Read(path, json, length - dataStart);
    }

    private SafetensorsEntry Find(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (Entries.TryGetValue(name, out SafetensorsEntry? entry))
        {
            return entry;
        }

        const int Shown = 10;
        string names = string.Join(", ", Entries.Keys.Take(Shown));
        throw new SafetensorsException(
            Path, name, $"There is no such tensor. The file has {Entries.Count}: {names}{(Entries.Count > Shown ? ", …" : "")}.");
    }

    private unsafe byte* AcquireData(SafetensorsEntry entry)
    {
        byte* start = null;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        return start + _view.PointerOffset + _dataStart + entry.Begin;
    }
}
