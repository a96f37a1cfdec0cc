using TorchSharp;

namespace Lora.Benchmarks;

/// <summary>Generation for one reader: every weight is read for each token, so that the memory is the bound.</summary>
internal static class DecodeRows
{
    private const int Position = 64;

    public static IEnumerable<Row> All =>
    [
        Row("float32", WeightFormat.Float32, sizeof(float), new Targets(0.85, 1.5, 1.5)),
        Row("bfloat16", WeightFormat.BFloat16, sizeof(ushort), new Targets(0.85, 2.7, 2.7)),
    ];

    // The stronger of libtorch's two formats is the peer of both.
    private static SpeedRow Row(string name, WeightFormat format, int bytesPerWeight, Targets targets) => new()
    {
        Work = $"decode, batch 1, Llama 12 layers d 768, {name} weights",
        Flops = LlamaCost.TokenFlops(LlamaCase.Large.Config),
        Bytes = LlamaCost.TokenBytes(LlamaCase.Large.Config, Position, bytesPerWeight),
        IsHeldToOneCore = true,
        Targets = targets,
        KnownPeer = new(27.7, 26.8),
        Ours = () => new Decode(LlamaCase.Large, Position, format),
        Peers =
        [
            () => new TorchDecode(LlamaCase.Large, Position, inFirst: true, torch.ScalarType.Float32),
            () => new TorchDecode(LlamaCase.Large, Position, inFirst: true, torch.ScalarType.BFloat16),
        ],
    };
}
