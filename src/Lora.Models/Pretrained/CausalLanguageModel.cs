namespace Lora.Models;

/// <summary>Reads models that predict the next token from Hugging Face folders.</summary>
public static class CausalLanguageModel
{
    /// <summary>Reads a folder as <see cref="PretrainedModel.Load"/> does.</summary>
    /// <inheritdoc cref="PretrainedModel.Load"/>
    public static ICausalLanguageModel Load(string directory, WeightFormat weights = WeightFormat.Float32)
    {
        PretrainedModel.Plan plan = PretrainedModel.Open(directory);
        return plan.Model is ICausalLanguageModel model
            ? plan.LoadInto(model, directory, weights)
            : throw new NotSupportedException($"The model in '{directory}' ({plan.Config.ModelType}) does not predict the next token.");
    }
}
