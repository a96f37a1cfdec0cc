using System.Runtime.Intrinsics.X86;

namespace Lora;

/// <summary>The cache that is a processor's own and holds what a product reads over and over.</summary>
internal static class SecondLevelCache
{
    private const int Usual = 1 << 20;
    private const int IntelLeaf = 4;
    private const int AmdLeaf = unchecked((int)0x8000001D);
    private const int SummaryLeaf = unchecked((int)0x80000006);
    private const int MostCaches = 8;

    /// <summary>Its size.</summary>
    public static int Bytes { get; } = Find();

    private static int Find()
    {
        if (!X86Base.IsSupported)
        {
            return Usual;
        }

        foreach (int size in (ReadOnlySpan<int>)[Describe(IntelLeaf), Describe(AmdLeaf), Summarize()])
        {
            if (size > 0)
            {
                return size;
            }
        }

        return Usual;
    }

    // Of the second level alone, in KiB: what a virtual machine may leave that hides the description of each cache.
    private static int Summarize() => Has(SummaryLeaf) ? (int)((uint)X86Base.CpuId(SummaryLeaf, 0).Ecx >> 16) << 10 : 0;

    // Both makers describe one cache after another in the same form: kind and level, and then what its size is the product of, each less by one.
    private static int Describe(int leaf)
    {
        for (int index = 0; Has(leaf) && index < MostCaches; index++)
        {
            (int kind, int lines, int sets, _) = X86Base.CpuId(leaf, index);
            if ((kind & 0x1F) == 0)
            {
                break;
            }

            if (((kind >> 5) & 7) == 2)
            {
                int ways = (int)((uint)lines >> 22) + 1;
                int partitions = ((lines >> 12) & 0x3FF) + 1;
                int lineSize = (lines & 0xFFF) + 1;
                return ways * partitions * lineSize * (sets + 1);
            }
        }

        return 0;
    }

    // The first leaf of each range names its last.
    private static bool Has(int leaf) => (uint)X86Base.CpuId(leaf & unchecked((int)0x80000000), 0).Eax >= (uint)leaf;
}
