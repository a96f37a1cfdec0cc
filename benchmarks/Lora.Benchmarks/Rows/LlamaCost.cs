using Lora.Models;

namespace Lora.Benchmarks;

/// <summary>What a Llama's work amounts to: the operations and bytes that no implementation can do without.</summary>
internal static class LlamaCost
{
    /// <summary>
    /// The multiplications and additions of a training step's products. There is no gradient of frozen weights, nor one of the first layer's input, which lies
    /// before every adapter. Attention counts the positions that a causal mask leaves, and twice as much backward (∂v, ∂p, ∂q, ∂k).
    /// </summary>
    public static double StepFlops(LlamaCase one)
    {
        double rows = one.Batch * one.Length;
        double flops = 0;
        for (int layer = 0; layer < one.Config.NumHiddenLayers; layer++)
        {
            foreach ((string name, int inFeatures, int outFeatures) in Linears(one.Config))
            {
                bool readsFirstInput = layer == 0 && name is ("q_proj" or "k_proj" or "v_proj");
                double frozen = 2 * rows * inFeatures * outFeatures;
                flops += readsFirstInput ? frozen : 2 * frozen;
                if (one.TargetModules.Contains(name))
                {
                    int inSided = readsFirstInput ? 2 : 3; // x·A, ∂A, (g·Bᵀ)·Aᵀ
                    int outSided = 3;                      // h·B, g·Bᵀ, ∂B
                    flops += 2 * rows * LlamaCase.Rank * ((inSided * inFeatures) + (outSided * outFeatures));
                }
            }

            double pairs = one.Batch * one.Length * (one.Length + 1) / 2.0;
            double attention = 2 * 2 * pairs * one.Config.NumAttentionHeads * one.Config.HeadDim; // q·kᵀ, p·v
            flops += 3 * attention;
        }

        return flops + (2 * 2 * rows * one.Config.HiddenSize * one.Config.VocabSize);
    }

    /// <summary>The bytes of the frozen matrices, read once forward and once backward.</summary>
    public static double StepBytes(LlamaCase one) => 2.0 * sizeof(float) * MatrixWeights(one.Config);

    /// <summary>The operations of one token's products.</summary>
    public static double TokenFlops(LlamaConfig config) => 2.0 * MatrixWeights(config);

    /// <summary>The bytes read for one token: every matrix but the embedding's, and the keys and values of the positions before it, in float32.</summary>
    public static double TokenBytes(LlamaConfig config, int position, int bytesPerWeight) =>
        ((double)bytesPerWeight * MatrixWeights(config))
        + (2.0 * sizeof(float) * config.NumHiddenLayers * (position + 1) * config.NumKeyValueHeads * config.HeadDim);

    private static double MatrixWeights(LlamaConfig config) =>
        (config.NumHiddenLayers * Linears(config).Sum(linear => (double)linear.In * linear.Out)) + ((double)config.HiddenSize * config.VocabSize);

    private static (string Name, int In, int Out)[] Linears(LlamaConfig config)
    {
        (int width, int inner, int heads, int kvHeads) =
            (config.HiddenSize, config.IntermediateSize, config.NumAttentionHeads * config.HeadDim, config.NumKeyValueHeads * config.HeadDim);
        return
        [
            ("q_proj", width, heads), ("k_proj", width, kvHeads), ("v_proj", width, kvHeads), ("o_proj", heads, width),
            ("gate_proj", width, inner), ("up_proj", width, inner), ("down_proj", inner, width),
        ];
    }
}
