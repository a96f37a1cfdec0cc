namespace Lora.Models;

/// <summary>Writes models with an adapter folded into their weights, as Hugging Face folders that need no adapter.</summary>
public static class MergedModel
{
    /// <summary>The most bytes of weights in one file where nothing else is said, as Hugging Face has it: 5 GB.</summary>
    public const long DefaultShardBytes = 5_000_000_000;

    /// <summary>
    /// Writes a folder like the one that a model was loaded from: the weights as the model has them now with an adapter folded in, <c>config.json</c>, the
    /// tokenizer's files, and whatever else the source's weight files hold. The model itself stays as it is. The folder appears as a whole or not at all.
    /// </summary>
    /// <param name="model">The model. Layers that are trained in full, trained biases and new heads are written as they are now.</param>
    /// <param name="source">The folder that it was loaded from.</param>
    /// <param name="directory">The folder to write, which does not exist yet or is empty.</param>
    /// <param name="adapter">The name of the adapter; null for the active one.</param>
    /// <param name="type">The element type of the weights; null for that of each weight in the source.</param>
    /// <param name="maxShardBytes">The most bytes of weights in one file; beyond them there are several, with an index.</param>
    /// <exception cref="ArgumentException">There is no adapter of that name, or the source is another model's.</exception>
    /// <exception cref="InvalidOperationException">The model has no adapter, or it is merged in place, or it is one of an embedding that is the head too.</exception>
    /// <exception cref="IOException">The folder to write is the source, or has files in it, or cannot be written.</exception>
    /// <exception cref="InvalidDataException">A file of the source is damaged.</exception>
    public static void Save(
        ILoraModel model, string source, string directory, string? adapter = null, SafetensorsType? type = null, long maxShardBytes = DefaultShardBytes)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentException.ThrowIfNullOrEmpty(source);
        ArgumentException.ThrowIfNullOrEmpty(directory);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxShardBytes, 1);
        string target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));
        RefuseTarget(target, Path.TrimEndingDirectorySeparator(Path.GetFullPath(source)));
        var weights = MergedWeights.Of(model, adapter);
        PretrainedModel.Plan plan = PretrainedModel.Open(source, (model as ISequenceClassifier)?.Labels.Count);
        if (plan.Model.GetType() != model.GetType())
        {
            throw new ArgumentException($"The model is a {model.GetType().Name}, and '{source}' holds a {plan.Model.GetType().Name}.", nameof(source));
        }

        string temporary = $"{target}.{Guid.NewGuid():N}.tmp";
        Directory.CreateDirectory(temporary);
        try
        {
            using (SafetensorsFolder folder = SafetensorsFolder.Open(source))
            {
                SafetensorsFolder.Write(temporary, new MergedCheckpoint(folder, plan.Layout, source, weights).Parts(type), maxShardBytes);
            }

            MergedFiles.Write(model, source, temporary, type);
            if (Directory.Exists(target))
            {
                Directory.Delete(target);
            }

            Directory.Move(temporary, target);
        }
        catch
        {
            Directory.Delete(temporary, recursive: true);
            throw;
        }
    }

    private static void RefuseTarget(string target, string source)
    {
        if (target == source)
        {
            throw new IOException($"The merged model cannot be written over its source, '{source}': name another folder.");
        }

        if (File.Exists(target) || (Directory.Exists(target) && Directory.EnumerateFileSystemEntries(target).Any()))
        {
            throw new IOException($"There is something in '{target}' already: name a folder that does not exist, or empty it.");
        }
    }
}
