using System.Text.Json;
using System.Text.Unicode;

namespace Lora;

/// <summary>Reads the JSON header of a safetensors file and holds it to everything that the format demands.</summary>
internal sealed class SafetensorsHeader
{
    /// <summary>The bytes before the header: its length, little-endian.</summary>
    public const int PrefixLength = 8;

    /// <summary>The longest header that the format allows.</summary>
    public const int MaxLength = 100_000_000;

    public const string MetadataName = "__metadata__";

    private readonly string _file;
    private readonly Dictionary<string, SafetensorsEntry> _entries = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _metadata = new(StringComparer.Ordinal);

    private SafetensorsHeader(string file) => _file = file;

    public IReadOnlyDictionary<string, SafetensorsEntry> Entries => _entries;

    public IReadOnlyDictionary<string, string> Metadata => _metadata;

    /// <summary>Reads a header.</summary>
    /// <param name="file">The path, for errors.</param>
    /// <param name="json">The header's bytes.</param>
    /// <param name="dataLength">The number of bytes that follow the header.</param>
    public static SafetensorsHeader Read(string file, ReadOnlySpan<byte> json, long dataLength)
    {
        var header = new SafetensorsHeader(file);
        if (!Utf8.IsValid(json))
        {
            throw header.Fault(null, "The header is not UTF-8.");
        }

        if (json.IsEmpty || json[0] != (byte)'{')
        {
            throw header.Fault(null, "The header does not begin with '{'.");
        }

        try
        {
            header.ReadObject(json);
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException or FormatException)
        {
            throw new SafetensorsException(file, null, $"The header is not valid JSON: {fault.Message}", fault);
        }

        header.CheckLayout(dataLength);
        return header;
    }

    private void ReadObject(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        reader.Read();
        bool hasMetadata = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            reader.Read();
            if (name != MetadataName)
            {
                SafetensorsEntry entry = ReadEntry(name, ref reader);
                if (!_entries.TryAdd(name, entry))
                {
                    throw Fault(name, "The header names it twice.");
                }
            }
            else if (hasMetadata)
            {
                throw Fault(null, $"The header has {MetadataName} twice.");
            }
            else
            {
                hasMetadata = true;
                ReadMetadata(ref reader);
            }
        }

        if (reader.Read())
        {
            throw Fault(null, "The header goes on after its closing brace.");
        }
    }

    private void ReadMetadata(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            return;
        }

        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw Fault(null, $"{MetadataName} is not an object.");
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string key = reader.GetString()!;
            reader.Read();
            if (reader.TokenType != JsonTokenType.String)
            {
                throw Fault(null, $"The value of '{key}' in {MetadataName} is not a string.");
            }

            if (!_metadata.TryAdd(key, reader.GetString()!))
            {
                throw Fault(null, $"{MetadataName} has '{key}' twice.");
            }
        }
    }

    private SafetensorsEntry ReadEntry(string name, ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw Fault(name, "Its description is not an object.");
        }

        string? type = null;
        List<long>? shape = null;
        List<long>? offsets = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string property = reader.GetString()!;
            reader.Read();
            switch (property)
            {
                case "dtype" when type is null && reader.TokenType == JsonTokenType.String:
                    type = reader.GetString()!;
                    break;
                case "shape" when shape is null:
                    shape = ReadNumbers(name, property, ref reader);
                    break;
                case "data_offsets" when offsets is null:
                    offsets = ReadNumbers(name, property, ref reader);
                    break;
                case "dtype" when type is null:
                    throw Fault(name, "Its dtype is not a string.");
                case "dtype" or "shape" or "data_offsets":
                    throw Fault(name, $"Its description has {property} twice.");
                default:
                    reader.Skip();
                    break;
            }
        }

        if (type is null || shape is null || offsets is null)
        {
            throw Fault(name, $"Its description lacks {(type is null ? "dtype" : shape is null ? "shape" : "data_offsets")}.");
        }

        return Check(name, type, shape, offsets);
    }

    private List<long> ReadNumbers(string name, string property, ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw Fault(name, $"Its {property} is not an array.");
        }

        var numbers = new List<long>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out long number) || number < 0)
            {
                throw Fault(name, $"Its {property} holds something that is not a whole number from 0 to {long.MaxValue}.");
            }

            numbers.Add(number);
        }

        return numbers;
    }

    private SafetensorsEntry Check(string name, string type, List<long> shape, List<long> offsets)
    {
        int bits = SafetensorsEntry.BitsOf(type);
        if (bits == 0)
        {
            throw Fault(name, $"Its dtype '{type}' is not one of the format's.");
        }

        if (offsets.Count != 2 || offsets[1] < offsets[0])
        {
            throw Fault(name, $"Its data_offsets [{string.Join(", ", offsets)}] are not a begin and an end.");
        }

        UInt128 length = 1;
        foreach (long dimension in shape)
        {
            length *= (UInt128)dimension;
            if (length > long.MaxValue)
            {
                throw Fault(name, $"Its shape [{string.Join(", ", shape)}] has more than {long.MaxValue} elements.");
            }
        }

        UInt128 totalBits = length * (uint)bits;
        if (totalBits % 8 != 0 || totalBits / 8 != (UInt128)(offsets[1] - offsets[0]))
        {
            throw Fault(name, $"Its data_offsets span {offsets[1] - offsets[0]} bytes; {type} of shape [{string.Join(", ", shape)}] takes {totalBits / 8}.");
        }

        return new SafetensorsEntry(name, type, shape.AsReadOnly()) { Length = (long)length, Begin = offsets[0], End = offsets[1] };
    }

    private void CheckLayout(long dataLength)
    {
        long end = 0;
        foreach (SafetensorsEntry entry in _entries.Values.OrderBy(entry => entry.Begin).ThenBy(entry => entry.End))
        {
            if (entry.End > dataLength)
            {
                throw Fault(entry.Name, $"Its data ends at byte {entry.End}; the file holds {dataLength} bytes of data. Is it cut off?");
            }

            if (entry.Begin < end)
            {
                throw Fault(entry.Name, $"Its data begins at byte {entry.Begin} and overlaps another tensor's, which ends at {end}.");
            }

            if (entry.Begin > end)
            {
                throw Fault(entry.Name, $"Its data begins at byte {entry.Begin} and leaves a gap after {end}.");
            }

            end = entry.End;
        }

        if (end != dataLength)
        {
            throw Fault(null, $"The tensors end at byte {end}; the file holds {dataLength} bytes of data.");
        }
    }

    private SafetensorsException Fault(string? tensor, string reason) => new(_file, tensor, reason);
}
