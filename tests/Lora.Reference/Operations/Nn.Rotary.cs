namespace Lora;

public static partial class Nn
{
    /// <summary>Turns each pair of each head by position · θ^(-2i/d) (Su et al. 2021, "RoFormer").</summary>
    /// <param name="x">[.., t, heads · d].</param>
    /// <param name="rotary">The angles.</param>
    /// <param name="position">The position of the first row.</param>
    public static Tensor Rotary(Tensor x, RotaryEmbedding rotary, int position = 0)
    {
        int positions = x.Shape[^2];
        int width = x.Shape[^1];
        int d = rotary.HeadDim;
        Tensor result = Tensor.Zeros(x.Shape);
        for (int row = 0; row < x.Length / width; row++)
        {
            for (int head = 0; head < width / d; head++)
            {
                int start = (row * width) + (head * d);
                for (int i = 0; i < d / 2; i++)
                {
                    double angle = (position + (row % positions)) * Math.Pow(rotary.Theta, -2.0 * i / d);
                    int first = rotary.Layout == RotaryLayout.HalfSplit ? start + i : start + (2 * i);
                    int second = rotary.Layout == RotaryLayout.HalfSplit ? start + i + (d / 2) : start + (2 * i) + 1;
                    result.Span[first] = (x.Span[first] * Math.Cos(angle)) - (x.Span[second] * Math.Sin(angle));
                    result.Span[second] = (x.Span[second] * Math.Cos(angle)) + (x.Span[first] * Math.Sin(angle));
                }
            }
        }

        return result;
    }
}
