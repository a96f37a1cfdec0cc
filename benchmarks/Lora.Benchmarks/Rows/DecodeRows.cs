using TorchSharp;

namespace Lora.Benchmarks;

/// <summary>Generation for one reader: every weight is read for each token, so that the memory is the bound.</summary>
internal static class DecodeRows
{
    private const int Position = 64;

    public static IEnumerable<Row> All =>
    [
        new SpeedRow
        {
            Work = "decode, batch 1, Llama 12 layers d 768, float32 weights",
            Flops = LlamaCost.TokenFlops(LlamaCase.Large.Config),
            Bytes = LlamaCost.TokenBytes(LlamaCase.Large.Config, Position, sizeof(float)),
            Targets = new Targets(0.85, 1.5, 1.5),
            KnownPeer = new(27.7, 26.8),
            Ours = () => new Decode(LlamaCase.Large, Position),
            Peers = [() => new TorchDecode(LlamaCase.Large, Position, inFirst: true, torch.ScalarType.Float32)],
        },
    ];
}
