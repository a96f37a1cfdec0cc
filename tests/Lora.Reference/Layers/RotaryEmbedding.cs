namespace Lora;

public sealed class RotaryEmbedding(int headDim, int maxPositions, double theta = 10000, RotaryLayout layout = RotaryLayout.HalfSplit)
{
    public int HeadDim { get; } = headDim;

    public int MaxPositions { get; } = maxPositions;

    public double Theta { get; } = theta;

    public RotaryLayout Layout { get; } = layout;
}
