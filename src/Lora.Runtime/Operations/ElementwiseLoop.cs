namespace Lora;

/// <summary>target = factor · f(x, y, z), or target += factor · f(x, y, z).</summary>
internal unsafe struct ElementwiseLoop<TMap> : ILoop
    where TMap : struct, IMap3
{
    public float* X;
    public float* Y;
    public float* Z;
    public float* Target;
    public float Factor;
    public bool Overwrite;

    public readonly void Run<TLanes, TVector>(int start, int end)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        float* x = X;
        float* y = Y;
        float* z = Z;
        float* target = Target;
        TVector factor = TLanes.Broadcast(Factor);
        bool overwrite = Overwrite;
        for (int i = start; i < end; i += TLanes.Count)
        {
            TVector value = TMap.Of<TLanes, TVector>(TLanes.Load(x + i), TLanes.Load(y + i), TLanes.Load(z + i));
            Loop.Write<TLanes, TVector>(target + i, TLanes.Multiply(factor, value), overwrite);
        }
    }
}
