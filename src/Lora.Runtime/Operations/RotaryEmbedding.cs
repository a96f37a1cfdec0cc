namespace Lora;

/// <summary>
/// The angles of rotary position embeddings (Su et al. 2021, "RoFormer"): pair i of a head of width d turns by
/// <c>position · θ^(−2i/d)</c>. The cosines and sines are computed in double precision, once.
/// </summary>
public sealed class RotaryEmbedding
{
    private readonly float[] _cosines;
    private readonly float[] _sines;

    /// <summary>Computes the angles of all positions.</summary>
    /// <param name="headDim">The width of one head: even.</param>
    /// <param name="maxPositions">The number of positions.</param>
    /// <param name="theta">The base of the wavelengths.</param>
    /// <param name="layout">Which elements turn together.</param>
    /// <exception cref="ArgumentException">The width is odd or less than 2, there is no position, theta is not positive and finite, or the layout is unknown.</exception>
    public RotaryEmbedding(int headDim, int maxPositions, float theta = 10000f, RotaryLayout layout = RotaryLayout.HalfSplit)
    {
        if (headDim < 2 || headDim % 2 != 0)
        {
            throw new ArgumentOutOfRangeException(nameof(headDim), headDim, $"A rotary embedding turns pairs of elements: the width of a head is even, not {headDim}.");
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(maxPositions, 1);
        if (!float.IsFinite(theta) || theta <= 0)
        {
            throw new ArgumentOutOfRangeException(nameof(theta), theta, "Theta must be positive and finite; 10000 is common.");
        }

        if (!Enum.IsDefined(layout))
        {
            throw new ArgumentOutOfRangeException(nameof(layout), layout, $"{layout} is no {nameof(RotaryLayout)}.");
        }

        HeadDim = headDim;
        MaxPositions = maxPositions;
        Theta = theta;
        Layout = layout;
        int half = headDim / 2;
        _cosines = new float[checked(maxPositions * half)];
        _sines = new float[maxPositions * half];
        for (int i = 0; i < half; i++)
        {
            double frequency = Math.Pow(theta, -2.0 * i / headDim);
            for (int position = 0; position < maxPositions; position++)
            {
                (double sine, double cosine) = Math.SinCos(position * frequency);
                _cosines[(position * half) + i] = (float)cosine;
                _sines[(position * half) + i] = (float)sine;
            }
        }
    }

    /// <summary>The width of one head.</summary>
    public int HeadDim { get; }

    /// <summary>The number of positions.</summary>
    public int MaxPositions { get; }

    /// <summary>The base of the wavelengths.</summary>
    public float Theta { get; }

    /// <summary>Which elements turn together.</summary>
    public RotaryLayout Layout { get; }

    internal ReadOnlySpan<float> CosinesAt(int position) => _cosines.AsSpan(position * (HeadDim / 2), HeadDim / 2);

    internal ReadOnlySpan<float> SinesAt(int position) => _sines.AsSpan(position * (HeadDim / 2), HeadDim / 2);
}
