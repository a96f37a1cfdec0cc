namespace Lora.Benchmarks;

/// <summary>Training steps of whole models.</summary>
internal static class LlamaRows
{
    public static IEnumerable<Row> All =>
    [
        Step(LlamaCase.Large, new Targets(0.85, 1.18, 1.4), new(1357, 839)),
        Step(LlamaCase.LargeAll, new Targets(0.85, 1.18, 1.4), new(1495, 857)),
        Step(LlamaCase.Middle, new Targets(0.75, 1.35, 1.45), new(132, 75)),
        Step(LlamaCase.Small, new Targets(0.40, 3, 3), new(36.6, 28.1)),
    ];

    private static SpeedRow Step(LlamaCase one, Targets targets, KnownPeer known) => new()
    {
        Work = one.Name,
        Flops = LlamaCost.StepFlops(one),
        Bytes = LlamaCost.StepBytes(one),
        Targets = targets,
        KnownPeer = known,
        Ours = () => new LlamaStep(one),
        Peers = [() => new TorchLlamaStep(one, inFirst: false), () => new TorchLlamaStep(one, inFirst: true)],
    };
}
