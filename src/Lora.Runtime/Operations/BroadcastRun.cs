namespace Lora;

/// <summary>
/// One run of a broadcast: target = f(a, b, g), or target += f(a, b, g). One element of a or b may stand for the whole run, and one of the target for its sum.
/// </summary>
internal unsafe struct BroadcastRun<TMap> : ILoop
    where TMap : struct, IMap3
{
    public float* A;
    public bool IsARepeated;
    public float* B;
    public bool IsBRepeated;
    public float* G;
    public float* Target;

    /// <summary>Whether the sum of the run is added to one element.</summary>
    public bool IsTargetRepeated;
    public bool Overwrite;

    public readonly void Run<TLanes, TVector>(int start, int end)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        float* a = A;
        float* b = B;
        float* g = G;
        float* target = Target;
        bool isARepeated = IsARepeated;
        bool isBRepeated = IsBRepeated;
        bool isTargetRepeated = IsTargetRepeated;
        bool overwrite = Overwrite;
        TVector sum = default;
        for (int i = start; i < end; i += TLanes.Count)
        {
            TVector x = isARepeated ? TLanes.Broadcast(*a) : TLanes.Load(a + i);
            TVector y = isBRepeated ? TLanes.Broadcast(*b) : TLanes.Load(b + i);
            TVector value = TMap.Of<TLanes, TVector>(x, y, TLanes.Load(g + i));
            if (isTargetRepeated)
            {
                sum = TLanes.Add(sum, value);
            }
            else
            {
                Loop.Write<TLanes, TVector>(target + i, value, overwrite);
            }
        }

        if (isTargetRepeated)
        {
            *target += TLanes.Sum(sum);
        }
    }
}
