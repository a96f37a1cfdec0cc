using System.Numerics.Tensors;
using System.Text.Json;

namespace Lora;

/// <summary>
/// The weights of a model in a folder: one <c>model.safetensors</c>, or shards with a <c>model.safetensors.index.json</c> that says which
/// shard holds which tensor.
/// </summary>
public sealed partial class SafetensorsFolder : IDisposable
{
    private const string SingleName = "model.safetensors";
    private const string IndexName = "model.safetensors.index.json";

    private readonly SafetensorsFile[] _open;
    private readonly Dictionary<string, SafetensorsFile> _files;
    private readonly Dictionary<string, SafetensorsEntry> _entries;

    private SafetensorsFolder(IEnumerable<SafetensorsFile> open, Dictionary<string, SafetensorsFile> files)
    {
        _open = [.. open];
        _files = files;
        _entries = files.ToDictionary(pair => pair.Key, pair => pair.Value.Entries[pair.Key], StringComparer.Ordinal);
    }

    /// <summary>The tensors by name.</summary>
    public IReadOnlyDictionary<string, SafetensorsEntry> Entries => _entries;

    /// <summary>Opens the weights of a folder, or one safetensors file where <paramref name="path"/> is one.</summary>
    /// <param name="path">The folder or file.</param>
    /// <exception cref="SafetensorsException">A file is malformed, or the index names a tensor that its shard does not have.</exception>
    /// <exception cref="IOException">The folder has neither file, or one cannot be read.</exception>
    public static SafetensorsFolder Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string index = Path.Combine(path, IndexName);
        string single = Directory.Exists(path) ? Path.Combine(path, SingleName) : path;
        if (File.Exists(single))
        {
            SafetensorsFile file = SafetensorsFile.Open(single);
            return new SafetensorsFolder([file], file.Entries.Keys.ToDictionary(name => name, _ => file, StringComparer.Ordinal));
        }

        return File.Exists(index)
            ? OpenShards(path, index)
            : throw new FileNotFoundException($"'{path}' is no safetensors file, and no folder with {SingleName} or {IndexName}.", single);
    }

    /// <inheritdoc cref="SafetensorsFile.Read"/>
    public Tensor Read(string name) => FileOf(name).Read(name);

    /// <inheritdoc cref="SafetensorsFile.ReadInto"/>
    public void ReadInto(string name, Span<float> destination) => FileOf(name).ReadInto(name, destination);

    /// <summary>Reads a tensor, and refuses one that holds a NaN or an infinity.</summary>
    internal Tensor ReadFinite(string name)
    {
        SafetensorsFile file = FileOf(name);
        Tensor value = file.Read(name);
        return TensorPrimitives.IsFiniteAll<float>(value.Span) ? value : throw new SafetensorsException(file.Path, name, "It holds numbers that are not finite.");
    }

    internal void CopyTo(string name, Stream stream) => FileOf(name).CopyTo(name, stream);

    /// <summary>Closes the files. Tensors that were read stay.</summary>
    public void Dispose()
    {
        foreach (SafetensorsFile file in _open)
        {
            file.Dispose();
        }
    }

    private static SafetensorsFolder OpenShards(string folder, string index)
    {
        var shards = new Dictionary<string, SafetensorsFile>(StringComparer.Ordinal);
        var files = new Dictionary<string, SafetensorsFile>(StringComparer.Ordinal);
        try
        {
            foreach ((string name, string shard) in ReadIndex(index))
            {
                if (!shards.TryGetValue(shard, out SafetensorsFile? file))
                {
                    file = OpenShard(folder, index, shard);
                    shards.Add(shard, file);
                }

                if (!file.Entries.ContainsKey(name))
                {
                    throw new SafetensorsException(index, name, $"The index says it is in {shard}, which has no such tensor.");
                }

                if (!files.TryAdd(name, file))
                {
                    throw new SafetensorsException(index, name, "The index names it twice.");
                }
            }

            return new SafetensorsFolder(shards.Values, files);
        }
        catch
        {
            foreach (SafetensorsFile file in shards.Values)
            {
                file.Dispose();
            }

            throw;
        }
    }

    private static SafetensorsFile OpenShard(string folder, string index, string shard)
    {
        if (shard != Path.GetFileName(shard) || shard is "" or "." or ".." || shard.Contains('\\'))
        {
            throw new SafetensorsException(index, null, $"The shard '{shard}' is not the name of a file in the index's own folder.");
        }

        string path = Path.Combine(folder, shard);
        return File.Exists(path)
            ? SafetensorsFile.Open(path)
            : throw new SafetensorsException(index, null, $"The shard '{shard}' is not in the folder.");
    }

    private static List<(string Name, string Shard)> ReadIndex(string index)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(index));
            if (document.RootElement.ValueKind != JsonValueKind.Object
                || !document.RootElement.TryGetProperty("weight_map", out JsonElement map)
                || map.ValueKind != JsonValueKind.Object)
            {
                throw new SafetensorsException(index, null, "The index has no object weight_map.");
            }

            var names = new List<(string Name, string Shard)>();
            foreach (JsonProperty property in map.EnumerateObject())
            {
                names.Add(property.Value.ValueKind == JsonValueKind.String
                    ? (property.Name, property.Value.GetString()!)
                    : throw new SafetensorsException(index, property.Name, "Its shard is not a string."));
            }

            return names;
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            throw new SafetensorsException(index, null, $"The index is not valid JSON: {fault.Message}", fault);
        }
    }

    private SafetensorsFile FileOf(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return _files.TryGetValue(name, out SafetensorsFile? file)
            ? file
            : throw new SafetensorsException(
                _open.FirstOrDefault()?.Path ?? "", name, $"There is no such tensor among the {_files.Count} of the folder.");
    }
}
