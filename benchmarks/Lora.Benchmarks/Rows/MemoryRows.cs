namespace Lora.Benchmarks;

/// <summary>What training takes of memory.</summary>
internal static class MemoryRows
{
    public static IEnumerable<Row> All =>
    [
        new MemoryRow { Work = $"peak memory of {LlamaCase.Large.Name}", Case = LlamaCase.Large, Limit = 0.65 },
        new MemoryRow { Work = $"peak memory of {LlamaCase.LargeAll.Name}", Case = LlamaCase.LargeAll, Limit = 0.65 },
        new AllocationRow { Work = $"allocation of {LoraLayerRows.Demo}", Name = LoraLayerRows.Demo },
        new AllocationRow { Work = $"allocation of {LlamaCase.Small.Name}", Name = LlamaCase.Small.Name },
        new AllocationRow { Work = $"allocation of {LlamaCase.Middle.Name}", Name = LlamaCase.Middle.Name },
    ];
}
