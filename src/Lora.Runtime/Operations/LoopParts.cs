namespace Lora;

/// <summary>A loop in stretches of elements.</summary>
internal struct LoopParts<TLoop> : IParts
    where TLoop : struct, ILoop
{
    /// <summary>The elements of a part: a multiple of every vector.</summary>
    private const int PartLength = 8192;

    /// <summary>About what one element costs, in floating-point operations at the speed of a product.</summary>
    private const double WorkPerElement = 32;

    public TLoop Body;
    public int Length;

    public void Run() => Workers.Run(ref this, Blocks.Count(Length, PartLength), WorkPerElement * Length);

    public void Run(int part)
    {
        int start = part * PartLength;
        Loop.Run(ref Body, start, start + Math.Min(PartLength, Length - start));
    }
}
