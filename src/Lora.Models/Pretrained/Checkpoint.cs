namespace Lora.Models;

/// <summary>Reads the weights of a Hugging Face folder into a model.</summary>
internal static class Checkpoint
{
    public static void Load(ILoraModel model, string directory, CheckpointLayout layout)
    {
        using SafetensorsFolder folder = SafetensorsFolder.Open(directory);
        Dictionary<string, string> names = NamesOf(folder, layout, directory);
        if (layout.Tied is var (head, embedding) && names.Remove(head, out string? copy))
        {
            RefuseOtherHead(folder, copy, names.GetValueOrDefault(embedding), directory);
        }

        try
        {
            model.LoadStateDict(new CheckpointState(folder, names, layout));
        }
        catch (ArgumentException fault)
        {
            throw new InvalidDataException($"The weights in '{directory}' are not those of its config.json. {fault.Message}", fault);
        }
    }

    /// <summary>The names in the file by the names in the model.</summary>
    private static Dictionary<string, string> NamesOf(SafetensorsFolder folder, CheckpointLayout layout, string directory)
    {
        string prefix = layout.BasePrefix;
        string[] weights = [.. folder.Entries.Keys.Where(name => !layout.IsPassedOver(name))];
        bool isBare = !weights.Any(name => name.StartsWith(prefix, StringComparison.Ordinal));
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string inFile in weights)
        {
            string name = isBare ? prefix + inFile : inFile;
            if (!names.TryAdd(name, inFile))
            {
                throw new InvalidDataException($"The weights in '{directory}' hold {name} twice: as {names[name]} and as {inFile}.");
            }
        }

        return names;
    }

    // Some files hold the tied head once more; it is left out where it is the embedding's copy.
    private static void RefuseOtherHead(SafetensorsFolder folder, string head, string? embedding, string directory)
    {
        if (embedding is null || !folder.Read(head).Span.SequenceEqual(folder.Read(embedding).Span))
        {
            throw new InvalidDataException(
                $"The config.json in '{directory}' ties the head to the embedding, but its {head} differs from it. Set tie_word_embeddings to false to use it.");
        }
    }
}
