namespace Lora;

/// <summary>One step of <see cref="Sgd"/> for the elements of one parameter.</summary>
internal unsafe struct SgdLoop : ILoop
{
    public float* Values;
    public float* Gradients;

    /// <summary>Null without momentum.</summary>
    public float* Momenta;
    public float GradientScale;
    public float WeightDecay;
    public float Momentum;
    public float Rate;

    public readonly void Run<TLanes, TVector>(int start, int end)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        TVector gradientScale = TLanes.Broadcast(GradientScale);
        TVector weightDecay = TLanes.Broadcast(WeightDecay);
        TVector momentum = TLanes.Broadcast(Momentum);
        TVector rate = TLanes.Broadcast(Rate);
        for (int i = start; i < end; i += TLanes.Count)
        {
            TVector value = TLanes.Load(Values + i);
            TVector direction = TLanes.Multiply(TLanes.Load(Gradients + i), gradientScale);
            if (WeightDecay != 0)
            {
                direction = TLanes.Add(direction, TLanes.Multiply(value, weightDecay));
            }

            if (Momenta != null)
            {
                direction = TLanes.Add(direction, TLanes.Multiply(TLanes.Load(Momenta + i), momentum));
                TLanes.Store(Momenta + i, direction);
            }

            TLanes.Store(Values + i, TLanes.Subtract(value, TLanes.Multiply(direction, rate)));
        }
    }
}
