namespace Lora.Benchmarks;

/// <summary>The table of the comparison.</summary>
internal static class AllRows
{
    public static IEnumerable<Row> All => [.. FrozenProductRows.All, .. LoraLayerRows.All, .. LlamaRows.All, .. DecodeRows.All, .. MemoryRows.All, new NativeRow { Work = "QuickStart as a native program" }];
}
