using System.Globalization;
using System.Text;

namespace Lora.Models.Tests;

/// <summary>A reader of GGUF for tests, so that the library's reader is not its own judge; and bytes as text.</summary>
internal sealed class PlainGguf
{
    private PlainGguf(Dictionary<string, object> values, Dictionary<string, (long[] Dimensions, double[] Values)> tensors)
    {
        Values = values;
        Tensors = tensors;
    }

    public Dictionary<string, object> Values { get; }

    /// <summary>Dimensions as the file has them: innermost first.</summary>
    public Dictionary<string, (long[] Dimensions, double[] Values)> Tensors { get; }

    public static PlainGguf Read(string path)
    {
        using var reader = new BinaryReader(File.OpenRead(path), Encoding.UTF8);
        reader.ReadUInt32().ShouldBe(0x46554747u);
        reader.ReadUInt32().ShouldBe(3u);
        ulong tensorCount = reader.ReadUInt64();
        ulong valueCount = reader.ReadUInt64();
        var values = new Dictionary<string, object>();
        for (ulong i = 0; i < valueCount; i++)
        {
            string key = Text(reader);
            values.Add(key, reader.ReadUInt32() switch
            {
                4 => reader.ReadUInt32(),
                6 => reader.ReadSingle(),
                8 => Text(reader),
                uint other => throw new NotSupportedException($"{key}: {other}"),
            });
        }

        var infos = new List<(string Name, long[] Dimensions, uint Type, long Offset)>();
        for (ulong i = 0; i < tensorCount; i++)
        {
            string name = Text(reader);
            long[] dimensions = [.. Enumerable.Range(0, (int)reader.ReadUInt32()).Select(_ => (long)reader.ReadUInt64())];
            infos.Add((name, dimensions, reader.ReadUInt32(), (long)reader.ReadUInt64()));
        }

        long start = (reader.BaseStream.Position + 31) / 32 * 32;
        var tensors = new Dictionary<string, (long[] Dimensions, double[] Values)>();
        foreach ((string name, long[] dimensions, uint type, long offset) in infos)
        {
            (offset % 32).ShouldBe(0, name);
            reader.BaseStream.Position = start + offset;
            long length = dimensions.Aggregate(1L, (product, dimension) => product * dimension);
            double[] data = [.. Enumerable.Range(0, (int)length).Select(_ => type == 0 ? reader.ReadSingle() : (double)reader.ReadHalf())];
            tensors.Add(name, (dimensions, data));
        }

        return new PlainGguf(values, tensors);
    }

    /// <summary>Bytes from hexadecimal digits, and from texts between quotes.</summary>
    public static byte[] Bytes(string written)
    {
        var bytes = new List<byte>();
        foreach (string word in written.Split((char[])[' ', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries))
        {
            if (word[0] == '\'')
            {
                bytes.AddRange(Encoding.ASCII.GetBytes(word[1..^1]));
                continue;
            }

            for (int i = 0; i < word.Length; i += 2)
            {
                bytes.Add(byte.Parse(word.AsSpan(i, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture));
            }
        }

        return [.. bytes];
    }

    private static string Text(BinaryReader reader) => Encoding.UTF8.GetString(reader.ReadBytes((int)reader.ReadUInt64()));
}
