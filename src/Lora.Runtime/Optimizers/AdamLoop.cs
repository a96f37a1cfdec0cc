namespace Lora;

/// <summary>One step of <see cref="Adam"/> for the elements of one parameter.</summary>
internal unsafe struct AdamLoop : ILoop
{
    public float* Values;
    public float* Gradients;
    public float* Averages;
    public float* SquareAverages;
    public float GradientScale;
    public float AddValue;
    public float Keep1;
    public float Add1;
    public float Keep2;
    public float Add2;
    public float Root;
    public float Epsilon;
    public float StepSize;
    public float KeepValue;

    public readonly void Run<TLanes, TVector>(int start, int end)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        TVector gradientScale = TLanes.Broadcast(GradientScale);
        TVector addValue = TLanes.Broadcast(AddValue);
        TVector keep1 = TLanes.Broadcast(Keep1);
        TVector add1 = TLanes.Broadcast(Add1);
        TVector keep2 = TLanes.Broadcast(Keep2);
        TVector add2 = TLanes.Broadcast(Add2);
        TVector root = TLanes.Broadcast(Root);
        TVector epsilon = TLanes.Broadcast(Epsilon);
        TVector stepSize = TLanes.Broadcast(StepSize);
        TVector keepValue = TLanes.Broadcast(KeepValue);
        for (int i = start; i < end; i += TLanes.Count)
        {
            TVector value = TLanes.Load(Values + i);
            TVector gradient = TLanes.Add(TLanes.Multiply(TLanes.Load(Gradients + i), gradientScale), TLanes.Multiply(value, addValue));
            TVector average = TLanes.Add(TLanes.Multiply(TLanes.Load(Averages + i), keep1), TLanes.Multiply(gradient, add1));
            TVector square = TLanes.Multiply(TLanes.Multiply(gradient, gradient), add2);
            square = TLanes.Add(TLanes.Multiply(TLanes.Load(SquareAverages + i), keep2), square);
            TVector denominator = TLanes.Add(TLanes.Divide(TLanes.SquareRoot(square), root), epsilon);
            TLanes.Store(Averages + i, average);
            TLanes.Store(SquareAverages + i, square);
            TVector step = TLanes.Multiply(TLanes.Divide(average, denominator), stepSize);
            TLanes.Store(Values + i, TLanes.Subtract(TLanes.Multiply(value, keepValue), step));
        }
    }
}
