using System.Globalization;
using System.Text.Json;

namespace Lora;

public sealed partial class SafetensorsFolder
{
    /// <summary>
    /// Writes the weights of a model into a folder: one <c>model.safetensors</c>, or shards of it with their index where they are larger than a shard may be.
    /// </summary>
    /// <param name="directory">The folder.</param>
    /// <param name="parts">The tensors in the order in which they are written.</param>
    /// <param name="maxShardBytes">The most bytes of tensors in a file; a larger tensor has a file of its own.</param>
    internal static void Write(string directory, IReadOnlyList<SafetensorsPart> parts, long maxShardBytes)
    {
        var metadata = new Dictionary<string, string> { ["format"] = "pt" };
        List<List<SafetensorsPart>> shards = Shards(parts, maxShardBytes);
        if (shards.Count == 1)
        {
            SafetensorsFile.Write(Path.Combine(directory, SingleName), shards[0], metadata);
            return;
        }

        var shardOf = new SortedDictionary<string, string>(StringComparer.Ordinal);
        for (int i = 0; i < shards.Count; i++)
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"model-{i + 1:D5}-of-{shards.Count:D5}.safetensors");
            SafetensorsFile.Write(Path.Combine(directory, name), shards[i], metadata);
            shards[i].ForEach(part => shardOf.Add(part.Name, name));
        }

        AtomicFile.Write(Path.Combine(directory, IndexName), stream => WriteIndex(stream, parts.Sum(part => part.Bytes), shardOf));
    }

    private static List<List<SafetensorsPart>> Shards(IReadOnlyList<SafetensorsPart> parts, long maxShardBytes)
    {
        var shards = new List<List<SafetensorsPart>> { new() };
        long bytes = 0;
        foreach (SafetensorsPart part in parts)
        {
            if (shards[^1].Count > 0 && bytes + part.Bytes > maxShardBytes)
            {
                shards.Add([]);
                bytes = 0;
            }

            shards[^1].Add(part);
            bytes += part.Bytes;
        }

        return shards;
    }

    private static void WriteIndex(Stream stream, long bytes, SortedDictionary<string, string> shardOf)
    {
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteStartObject("metadata");
        json.WriteNumber("total_size", bytes);
        json.WriteEndObject();
        json.WriteStartObject("weight_map");
        foreach ((string tensor, string shard) in shardOf)
        {
            json.WriteString(tensor, shard);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }
}
