namespace Lora.Benchmarks;

/// <summary>The sweeps over everything that the cost depends on.</summary>
internal static class Sweeps
{
    private static readonly int[] _widths = [256, 320, 384, 500, 512, 640, 768, 1000, 1024, 1280, 1536, 2000, 2048, 3000, 4096];

    public static IReadOnlyList<Sweep> All =>
    [
        new("M: frozen product M×768→768", "M", [48, 64, 65, 96, 100, 128, 160, 192, 200, 256, 257, 320, 384, 500, 512, 640, 768, 1000, 1024], count => Product(count, 768, 768)),
        new("M: its transpose, M×768→768", "M", [48, 64, 65, 96, 100, 128, 160, 192, 200, 256, 257, 320, 384, 500, 512, 640, 768, 1000, 1024], count => Transposed(count, 768, 768)),
        new("K: frozen product 256×K→768", "K", _widths, width => Product(256, width, 768)),
        new("N: frozen product 256×768→N", "N", _widths, width => Product(256, 768, width)),
        new("r: adapter of rank r, forward and backward, 512×768→768", "r", [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256], AdapterOnly),
        new("T: step of a Llama of 2 layers, d 256, one sequence of T tokens", "T", [16, 32, 48, 64, 96, 128, 192, 256, 384, 512], length => Step(2, 1, length)),
        new("layers: step of a Llama, d 256, 2×64 tokens", "layers", [1, 2, 3, 4, 6, 8, 12], layers => Step(layers, 2, 64)),
        new("threads: step of a Llama of 4 layers, d 256, 2×128 tokens", "threads", [.. Enumerable.Range(1, Math.Min(Environment.ProcessorCount, 16))], _ => Step(4, 2, 128)) { OverThreads = true },
    ];

    private static (IWork Work, double Flops) Product(int count, int inFeatures, int outFeatures) =>
        (new FrozenProduct(count, inFeatures, outFeatures), 2.0 * count * inFeatures * outFeatures);

    private static (IWork Work, double Flops) Transposed(int count, int inFeatures, int outFeatures) =>
        (new FrozenProduct(count, inFeatures, outFeatures, transposed: true), 2.0 * count * inFeatures * outFeatures);

    private static (IWork Work, double Flops) AdapterOnly(int rank) => (new AdapterProducts<AnyRank>(512, 768, rank), AdapterProducts<AnyRank>.Flops(512, 768, rank));

    private static (IWork Work, double Flops) Step(int layers, int batch, int length)
    {
        LlamaCase one = LlamaCase.Middle with { Config = LlamaCase.Middle.Config with { NumHiddenLayers = layers }, Batch = batch, Length = length };
        return (new LlamaStep(one), LlamaCost.StepFlops(one));
    }
}
