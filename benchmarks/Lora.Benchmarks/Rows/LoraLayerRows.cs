namespace Lora.Benchmarks;

/// <summary>Training steps of one adapted layer.</summary>
internal static class LoraLayerRows
{
    /// <summary>What <c>side</c> calls the first of them.</summary>
    public const string Demo = "LoRA layer step 20×768→768 r 8";

    public static IEnumerable<Row> All =>
    [
        Step(20, 768, 8, gradientOfInput: false, new Targets(0.70, 1.6, 2), new(0.50, 0.41)),
        Step(20, 768, 8, gradientOfInput: true, new Targets(0.70, 1.6, 2), new(0.80, 0.62)),
        Step(512, 768, 8, gradientOfInput: false, new Targets(0.88, 1.35, 1.35), new(8.7, 4.9)),
        Step(512, 768, 8, gradientOfInput: true, new Targets(0.88, 1.2, 1.2), new(15.3, 8.5)),
        Step(512, 4096, 16, gradientOfInput: false, new Targets(0.90, 1.12, 1.12), new(193, 110)),
        Step(512, 4096, 16, gradientOfInput: true, new Targets(0.90, 1.12, 1.12), new(383, 199)),
        new OverheadRow
        {
            Work = "LoRA forward over plain forward 512×768→768 r 8",
            Limit = 1.04,
            Ours = () => new LayerForward(512, 768, adapted: true),
            OursSimpler = () => new LayerForward(512, 768, adapted: false),
            Peer = () => new TorchLayerForward(512, 768, rank: 8, adapted: true),
            PeerSimpler = () => new TorchLayerForward(512, 768, rank: 8, adapted: false),
        },
    ];

    private static SpeedRow Step(int count, int width, int rank, bool gradientOfInput, Targets targets, KnownPeer known)
    {
        double frozen = 2.0 * count * width * width;
        double thin = 2.0 * count * width * rank;
        return new()
        {
            Work = $"LoRA layer step {count}×{width}→{width} r {rank}" + (gradientOfInput ? " with ∂x" : ""),
            Flops = gradientOfInput ? (2 * frozen) + (6 * thin) : frozen + (5 * thin), // x·A, h·B, g·Bᵀ, ∂A, ∂B; (g·Bᵀ)·Aᵀ
            Bytes = (double)sizeof(float) * width * width,
            Targets = targets,
            KnownPeer = known,
            Ours = () => new LoraLayerStep(count, width, rank, gradientOfInput),
            Peers =
            [
                () => new TorchLoraLayer(count, width, rank, gradientOfInput, inFirst: false),
                () => new TorchLoraLayer(count, width, rank, gradientOfInput, inFirst: true),
            ],
        };
    }
}
