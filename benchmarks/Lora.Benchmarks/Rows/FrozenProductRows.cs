namespace Lora.Benchmarks;

/// <summary>The products with frozen weights that training and prompts are made of.</summary>
internal static class FrozenProductRows
{
    public static IEnumerable<Row> All =>
        from count in new[] { 20, 128, 256, 512 }
        from inFeatures in new[] { 768, 2048, 4096 }
        from outFeatures in new[] { 768, 2048, 4096 }
        select Row(count, inFeatures, outFeatures);

    private static SpeedRow Row(int count, int inFeatures, int outFeatures) => new()
    {
        Work = $"frozen product {count}×{inFeatures}→{outFeatures}",
        Flops = 2.0 * count * inFeatures * outFeatures,
        Bytes = (double)sizeof(float) * inFeatures * outFeatures,
        Targets = new Targets(Share: count == 20 ? 0.80 : 0.93, Ratio1: 1.05, Ratio2: 1.05),
        Ours = () => new FrozenProduct(count, inFeatures, outFeatures),
        Peers =
        [
            () => new TorchFrozenProduct(count, inFeatures, outFeatures, inFirst: false),
            () => new TorchFrozenProduct(count, inFeatures, outFeatures, inFirst: true),
        ],
    };
}
