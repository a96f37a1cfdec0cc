namespace Lora.Models;

/// <summary>Reads the weights of a Hugging Face folder into a model.</summary>
internal static class Checkpoint
{
    private const float InitializerRange = 0.02f;

    /// <summary>Reads every weight; with a new head, those of the body alone, and draws the head's.</summary>
    public static void Load(ILoraModel model, string directory, CheckpointLayout layout, bool hasNewHead)
    {
        using SafetensorsFolder folder = SafetensorsFolder.Open(directory);
        Dictionary<string, string> names = NamesOf(folder, layout, directory);
        if (layout.Tied is var (head, embedding) && names.Remove(head, out string? copy))
        {
            RefuseOtherHead(folder, copy, names.GetValueOrDefault(embedding), directory);
        }

        Dictionary<string, Tensor> drawn = [];
        if (hasNewHead)
        {
            names = names.Where(pair => pair.Key.StartsWith(layout.BasePrefix, StringComparison.Ordinal)).ToDictionary(StringComparer.Ordinal);
            drawn = NewHead(model, layout);
        }

        try
        {
            model.LoadStateDict(new CheckpointState(folder, names, layout, drawn));
        }
        catch (ArgumentException fault)
        {
            string hint = model is ISequenceClassifier && !hasNewHead && !names.Keys.Any(layout.IsOfHead)
                ? " The file has no head: SequenceClassifier.Load(directory, classes) gives the model a new one."
                : "";
            throw new InvalidDataException($"The weights in '{directory}' are not those of its config.json. {fault.Message}{hint}", fault);
        }
    }

    /// <summary>The names in the file by the names in the model.</summary>
    public static Dictionary<string, string> NamesOf(SafetensorsFolder folder, CheckpointLayout layout, string directory)
    {
        string prefix = layout.BasePrefix;
        string[] weights = [.. folder.Entries.Keys.Where(name => !layout.IsPassedOver(name))];
        bool isBare = !weights.Any(name => name.StartsWith(prefix, StringComparison.Ordinal));
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string inFile in weights)
        {
            string name = Modern(isBare && !layout.IsOfHead(inFile) ? prefix + inFile : inFile);
            if (!layout.IsPassedOver(name) && !names.TryAdd(name, inFile))
            {
                throw new InvalidDataException($"The weights in '{directory}' hold {name} twice: as {names[name]} and as {inFile}.");
            }
        }

        return names;
    }

    // Files that come from TensorFlow name the two weights of a normalisation as its paper does.
    private static string Modern(string name) =>
        name.EndsWith(".gamma", StringComparison.Ordinal) ? $"{name[..^".gamma".Length]}.weight"
        : name.EndsWith(".beta", StringComparison.Ordinal) ? $"{name[..^".beta".Length]}.bias"
        : name;

    private static Dictionary<string, Tensor> NewHead(ILoraModel model, CheckpointLayout layout)
    {
        var drawn = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        var random = new LoraRandom(LoraRandom.Seed);
        foreach ((string path, Linear linear) in model.NamedLinears().Where(named => layout.IsOfHead(named.Path + ".")))
        {
            Tensor weight = Tensor.Zeros(linear.OutFeatures, linear.InFeatures);
            random.FillNormal(weight.Span, InitializerRange);
            drawn.Add(path + ".weight", weight);
            drawn.Add(path + ".bias", Tensor.Zeros(linear.OutFeatures));
        }

        return drawn;
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
