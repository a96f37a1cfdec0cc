namespace Lora.Models;

/// <summary>Reads models that sort texts into classes from Hugging Face folders.</summary>
public static class SequenceClassifier
{
    /// <summary>Reads a folder as <see cref="PretrainedModel.Load"/> does.</summary>
    /// <param name="directory">The folder.</param>
    /// <param name="classes">
    /// The number of classes of a new head, whose weights are drawn: for a pretrained body, or in place of the head that the folder has. Such a head must be
    /// trained in full beside the adapters. Null for the folder's own head.
    /// </param>
    /// <param name="weights">How frozen matrices lie in memory.</param>
    /// <inheritdoc cref="PretrainedModel.Load" path="/exception"/>
    public static ISequenceClassifier Load(string directory, int? classes = null, WeightFormat weights = WeightFormat.Float32)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(classes ?? 2, 2, nameof(classes));
        PretrainedModel.Plan plan = PretrainedModel.Open(directory, classes);
        return plan.Model is ISequenceClassifier model
            ? plan.LoadInto(model, directory, weights, hasNewHead: classes is not null)
            : throw new NotSupportedException($"The model in '{directory}' ({plan.Config.ModelType}) does not sort texts into classes.");
    }
}
