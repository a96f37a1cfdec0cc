using Lora.Models;

namespace Lora.Benchmarks;

/// <summary>A Llama with random weights, the layers that are adapted, and the sequences of a step.</summary>
internal sealed record LlamaCase(string Name, LlamaConfig Config, int Batch, int Length, IReadOnlyList<string> TargetModules)
{
    public const int Rank = 8;

    private static readonly string[] _queryAndValue = ["q_proj", "v_proj"];
    private static readonly string[] _all = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"];

    public static LlamaCase Large { get; } = new("Llama 12 layers d 768, 2×128 tokens, r 8 on q,v", Dimensions(12, 768, 2048, 12, 12, 32000), 2, 128, _queryAndValue);

    public static LlamaCase LargeAll { get; } = Large with { Name = "Llama 12 layers d 768, 2×128 tokens, r 8 on all", TargetModules = _all };

    public static LlamaCase Middle { get; } = new("Llama 4 layers d 256, 4×128 tokens, r 8 on q,v", Dimensions(4, 256, 688, 8, 8, 4096), 4, 128, _queryAndValue);

    public static LlamaCase Small { get; } = new("Llama 5 layers d 64, 8×64 tokens, r 8 on all", Dimensions(5, 64, 172, 8, 4, 512), 8, 64, _all);

    public static IReadOnlyList<LlamaCase> All => [Large, LargeAll, Middle, Small];

    /// <summary>The ids of the step's sequences, one after the other.</summary>
    public int[] Tokens => [.. Enumerable.Range(0, Batch * Length).Select(Id)];

    /// <summary>The token after each.</summary>
    public int[] Targets => [.. Enumerable.Range(1, Batch * Length).Select(Id)];

    private int Id(int position) => (int)(position * 2654435761L % Config.VocabSize);

    private static LlamaConfig Dimensions(int layers, int width, int inner, int heads, int kvHeads, int vocabulary) => new()
    {
        VocabSize = vocabulary,
        HiddenSize = width,
        IntermediateSize = inner,
        NumHiddenLayers = layers,
        NumAttentionHeads = heads,
        NumKeyValueHeads = kvHeads,
        HeadDim = width / heads,
        MaxPositionEmbeddings = 512,
    };
}
