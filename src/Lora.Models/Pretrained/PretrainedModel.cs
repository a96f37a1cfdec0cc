namespace Lora.Models;

/// <summary>
/// Reads models from Hugging Face folders: <c>config.json</c> says which class it is, <c>model.safetensors</c>, or shards with their index, hold the
/// weights in float32, float16 or bfloat16.
/// </summary>
/// <remarks>The dropout rates of a <c>config.json</c> are those of its first training and are not applied: the frozen model computes what it does in inference.</remarks>
public static class PretrainedModel
{
    /// <summary>The values of <c>model_type</c> that are known.</summary>
    public static IReadOnlyList<string> ModelTypes { get; } = ["llama", "mistral", "qwen2", "qwen3", "gpt2", "bert", "roberta", "distilbert", "mlp"];

    /// <summary>Reads a folder. Every weight of the model must be there, and nothing else but what is known to be passed over.</summary>
    /// <param name="directory">The folder.</param>
    /// <param name="weights">How frozen matrices lie in memory.</param>
    /// <exception cref="FileNotFoundException">The folder lacks a file.</exception>
    /// <exception cref="InvalidDataException">A file is damaged, or weights are missing, unknown or of other shapes than the configuration says.</exception>
    /// <exception cref="NotSupportedException">The configuration asks for something that is not supported.</exception>
    public static ILoraModel Load(string directory, WeightFormat weights = WeightFormat.Float32)
    {
        Plan plan = Open(directory);
        return plan.LoadInto(plan.Model, directory, weights);
    }

    /// <summary>
    /// Makes the model of a <c>config.json</c> without weights, to count its parameters and those of adapters: <see cref="LayerSummary.Of"/>,
    /// <c>CountParameters</c>. Adapters that are to be counted alone are applied inside <see cref="Layer.WithoutWeights"/>.
    /// </summary>
    /// <param name="path">The file, or a folder that has it.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file is damaged, lacks a setting, or contradicts itself.</exception>
    /// <exception cref="NotSupportedException">The file asks for something that is not supported.</exception>
    public static ILoraModel WithoutWeights(string path) => Open(path).Model;

    internal static Plan Open(string path, int? classes = null)
    {
        ConfigFile config = ConfigFile.Open(path);
        using (Layer.WithoutWeights())
        {
            return config.ModelType switch
            {
                "llama" or "mistral" or "qwen2" or "qwen3" => Llama.PlanOf(config),
                "gpt2" => Gpt2LMHeadModel.PlanOf(config),
                "bert" => BertForSequenceClassification.PlanOf(config, classes),
                "roberta" => RobertaForSequenceClassification.PlanOf(config, classes),
                "distilbert" => DistilBertForSequenceClassification.PlanOf(config, classes),
                "mlp" => Mlp.PlanOf(config),
                _ => throw config.Unsupported("model_type", config.ModelType ?? "absent", $"one of {string.Join(", ", ModelTypes)}"),
            };
        }
    }

    /// <summary>A model that has no weights yet, and how a checkpoint names them.</summary>
    internal sealed record Plan(ConfigFile Config, ILoraModel Model, CheckpointLayout Layout)
    {
        public TModel LoadInto<TModel>(TModel model, string directory, WeightFormat weights, bool hasNewHead = false)
            where TModel : ILoraModel
        {
            model.SetWeightFormat(weights);
            Checkpoint.Load(model, directory, Layout, hasNewHead);
            return model;
        }
    }
}
