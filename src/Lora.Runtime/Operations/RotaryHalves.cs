namespace Lora;

/// <summary>The heads of one row, each of which turns its first half against its second: a vector of angles serves all heads.</summary>
internal unsafe struct RotaryHalves : ILoop
{
    public float* X;
    public float* Target;
    public float* Cosines;
    public float* Sines;

    /// <summary>The pairs of a head.</summary>
    public int Half;

    /// <summary>The elements of the row.</summary>
    public int Width;
    public float Direction;
    public bool Overwrite;

    public readonly void Run<TLanes, TVector>(int start, int end)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        int half = Half;
        int width = Width;
        bool overwrite = Overwrite;
        TVector direction = TLanes.Broadcast(Direction);
        for (int i = start; i < end; i += TLanes.Count)
        {
            TVector cosine = TLanes.Load(Cosines + i);
            TVector sine = TLanes.Multiply(TLanes.Load(Sines + i), direction);
            float* x = X + i;
            float* target = Target + i;
            for (int head = 0; head < width; head += 2 * half)
            {
                TVector first = TLanes.Load(x + head);
                TVector second = TLanes.Load(x + head + half);
                TVector turnedFirst = TLanes.Subtract(TLanes.Multiply(first, cosine), TLanes.Multiply(second, sine));
                TVector turnedSecond = TLanes.Add(TLanes.Multiply(second, cosine), TLanes.Multiply(first, sine));
                Loop.Write<TLanes, TVector>(target + head, turnedFirst, overwrite);
                Loop.Write<TLanes, TVector>(target + head + half, turnedSecond, overwrite);
            }
        }
    }
}
