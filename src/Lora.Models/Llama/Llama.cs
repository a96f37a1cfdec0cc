namespace Lora.Models;

/// <summary>Reads Llamas, and models built as one, from Hugging Face folders.</summary>
public static class Llama
{
    /// <summary>Reads a folder as <see cref="PretrainedModel.Load"/> does.</summary>
    /// <inheritdoc cref="PretrainedModel.Load"/>
    public static LlamaForCausalLM Load(string directory, WeightFormat weights = WeightFormat.Float32)
    {
        using IDisposable scope = Layer.WithoutWeights();
        PretrainedModel.Plan plan = PlanOf(ConfigFile.Open(directory));
        return plan.LoadInto((LlamaForCausalLM)plan.Model, directory, weights);
    }

    internal static PretrainedModel.Plan PlanOf(ConfigFile file)
    {
        LlamaConfig config = LlamaConfig.Read(file);
        var layout = new CheckpointLayout
        {
            BasePrefix = "model.",
            HeadPrefixes = ["lm_head."],
            PassedOverSuffixes = [".rotary_emb.inv_freq"],
            Tied = config.TieWordEmbeddings ? ("lm_head.weight", "model.embed_tokens.weight") : null,
        };
        return new PretrainedModel.Plan(file, new LlamaForCausalLM(config), layout);
    }
}
