namespace Lora;

/// <summary>A product of <see cref="LowRank"/> in parts of its examples, or of its features where it is a sum over the examples.</summary>
internal struct ThinParts<TRank, TProduct> : IParts
    where TRank : struct, IRank
    where TProduct : struct, IThinProduct
{
    private readonly ThinJob _job;
    private readonly int _units;
    private readonly int _unitsPerPart;

    private ThinParts(in ThinJob job, int units, int unitsPerPart)
    {
        _job = job;
        _units = units;
        _unitsPerPart = unitsPerPart;
    }

    public static void Run(in ThinJob job)
    {
        (int units, int least) = TProduct.UnitsOf(job);
        int unitsPerPart = Blocks.Even(units, Math.Max(least, units / Workers.Parts(units)), least);
        var parts = new ThinParts<TRank, TProduct>(job, units, unitsPerPart);
        Workers.Run(ref parts, (units + unitsPerPart - 1) / unitsPerPart, job.Work);
    }

    public readonly void Run(int part)
    {
        int first = part * _unitsPerPart;
        ThinJob slice = TProduct.Slice(_job, first, Math.Min(_unitsPerPart, _units - first));
        if (TRank.Value > 0)
        {
            TProduct.Run<TRank>(slice);
        }
        else
        {
            TProduct.RunAny(slice);
        }
    }
}
