namespace Lora.Models;

/// <summary>The tensors of a source folder with a model's weights in place of its own.</summary>
internal sealed class MergedCheckpoint
{
    private static readonly string[] _floats = ["F32", "F16", "BF16", "F64"];

    private readonly SafetensorsFolder _folder;
    private readonly CheckpointLayout _layout;
    private readonly MergedWeights _weights;
    private readonly Dictionary<string, string> _modelNames;

    // The weights that the source has not: a new head's.
    private readonly string[] _added;

    /// <exception cref="ArgumentException">The folder lacks weights that are not the head's.</exception>
    /// <exception cref="InvalidOperationException">The adapter is one of an embedding that is the head too.</exception>
    public MergedCheckpoint(SafetensorsFolder folder, CheckpointLayout layout, string source, MergedWeights weights)
    {
        _folder = folder;
        _layout = layout;
        _weights = weights;
        _modelNames = Checkpoint.NamesOf(folder, layout, source).ToDictionary(pair => pair.Value, pair => pair.Key, StringComparer.Ordinal);
        _added = [.. weights.Names.Except(_modelNames.Values)];
        if (_added.FirstOrDefault(name => !layout.IsOfHead(name)) is { } missing)
        {
            throw new ArgumentException($"The model has {missing}, which is not in '{source}': it was not loaded from there.", nameof(source));
        }

        if (layout.Tied is var (_, embedding) && weights.IsAdapted(embedding))
        {
            throw new InvalidOperationException($"The adapter changes {embedding}, which is the head too: merged, it would change the head, which the adapter does not.");
        }
    }

    /// <summary>All tensors, in the order of the source's files.</summary>
    /// <param name="type">The type of all floats, or null for each one's own.</param>
    public IReadOnlyList<SafetensorsPart> Parts(SafetensorsType? type)
    {
        string? dataType = type is { } asked ? SafetensorsFile.NameOf(asked) : null;
        return [.. _folder.Entries.Values.Select(entry => Part(entry, dataType)), .. _added.Select(name => PartOf(name, name, dataType ?? "F32"))];
    }

    private SafetensorsPart Part(SafetensorsEntry entry, string? dataType)
    {
        string name = _modelNames.GetValueOrDefault(entry.Name, entry.Name);
        if (_layout.Tied is var (head, embedding) && name == head)
        {
            name = embedding;
        }

        if (_weights.Contains(name))
        {
            // A head that is added needs a body whose names say that it is one.
            return PartOf(name, _added.Length > 0 ? name : entry.Name, dataType ?? entry.DataType);
        }

        return dataType is null || dataType == entry.DataType || !_floats.Contains(entry.DataType)
            ? SafetensorsPart.Copy(_folder, entry)
            : SafetensorsPart.Of(entry.Name, dataType, entry.Shape, () => _folder.Read(entry.Name));
    }

    private SafetensorsPart PartOf(string name, string inFile, string dataType)
    {
        long[] shape = [.. _weights.ShapeOf(name).AsSpan().ToArray().Select(dimension => (long)dimension)];
        bool isTransposed = shape.Length == 2 && _layout.IsTransposed(name);
        return SafetensorsPart.Of(inFile, dataType, isTransposed ? [shape[1], shape[0]] : shape, () => isTransposed ? Nn.Transpose(_weights.Read(name)) : _weights.Read(name));
    }
}
