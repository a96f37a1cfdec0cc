namespace Lora;

/// <summary>
/// The angles of rotary position embeddings (Su et al. 2021, "RoFormer"): pair i of a head of width d turns by <c>position · fᵢ</c>, where
/// <c>fᵢ = θ^(−2i/d)</c> unless frequencies are given. The cosines and sines are computed in double precision, once for each position that is used.
/// </summary>
public sealed class RotaryEmbedding
{
    private readonly double[] _frequencies;
    private readonly Lock _growing = new();
    private volatile Table _table = new([], [], 0);

    /// <summary>Makes the angles of all positions.</summary>
    /// <param name="headDim">The width of one head: even.</param>
    /// <param name="maxPositions">The number of positions.</param>
    /// <param name="theta">The base of the wavelengths.</param>
    /// <param name="layout">Which elements turn together.</param>
    /// <exception cref="ArgumentException">The width is odd or less than 2, there is no position, theta is not positive and finite, or the layout is unknown.</exception>
    public RotaryEmbedding(int headDim, int maxPositions, float theta = 10000f, RotaryLayout layout = RotaryLayout.HalfSplit)
        : this(FrequenciesOf(headDim, theta), maxPositions, layout)
    {
    }

    /// <summary>Makes the angles of all positions from the frequency of each pair, such as ones that are scaled for longer texts.</summary>
    /// <param name="frequencies">The angle by which each pair of a head turns from one position to the next: half the head's width of them.</param>
    /// <param name="maxPositions">The number of positions.</param>
    /// <param name="layout">Which elements turn together.</param>
    /// <exception cref="ArgumentException">There is no frequency or no position, a frequency is not finite, or the layout is unknown.</exception>
    public RotaryEmbedding(ReadOnlySpan<double> frequencies, int maxPositions, RotaryLayout layout = RotaryLayout.HalfSplit)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxPositions, 1);
        if (!Enum.IsDefined(layout))
        {
            throw new ArgumentOutOfRangeException(nameof(layout), layout, $"{layout} is no {nameof(RotaryLayout)}.");
        }

        _frequencies = frequencies.ToArray();
        if (_frequencies.Length == 0 || !_frequencies.All(double.IsFinite))
        {
            throw new ArgumentException("A rotary embedding takes one finite frequency for each pair of elements of a head.", nameof(frequencies));
        }

        HeadDim = 2 * _frequencies.Length;
        MaxPositions = maxPositions;
        Layout = layout;
    }

    /// <summary>The width of one head.</summary>
    public int HeadDim { get; }

    /// <summary>The number of positions.</summary>
    public int MaxPositions { get; }

    /// <summary>Which elements turn together.</summary>
    public RotaryLayout Layout { get; }

    /// <summary>The frequencies of a base: <c>θ^(−2i/d)</c> for each pair i of a head of width d.</summary>
    /// <param name="headDim">The width of one head: even.</param>
    /// <param name="theta">The base of the wavelengths.</param>
    /// <exception cref="ArgumentException">The width is odd or less than 2, or theta is not positive and finite.</exception>
    public static double[] FrequenciesOf(int headDim, double theta)
    {
        if (headDim < 2 || headDim % 2 != 0)
        {
            throw new ArgumentOutOfRangeException(nameof(headDim), headDim, $"A rotary embedding turns pairs of elements: the width of a head is even, not {headDim}.");
        }

        if (!double.IsFinite(theta) || theta <= 0)
        {
            throw new ArgumentOutOfRangeException(nameof(theta), theta, "Theta must be positive and finite; 10000 is common.");
        }

        double[] frequencies = new double[headDim / 2];
        for (int i = 0; i < frequencies.Length; i++)
        {
            frequencies[i] = Math.Pow(theta, -2.0 * i / headDim);
        }

        return frequencies;
    }

    internal ReadOnlySpan<float> CosinesAt(int position) => TableFor(position).Cosines.AsSpan(position * _frequencies.Length, _frequencies.Length);

    internal ReadOnlySpan<float> SinesAt(int position) => TableFor(position).Sines.AsSpan(position * _frequencies.Length, _frequencies.Length);

    private Table TableFor(int position)
    {
        Table table = _table;
        return position < table.Positions ? table : Grow(position);
    }

    // A model may take 131,072 positions, of which a run uses some hundreds: the table doubles when a position beyond it is asked for.
    private Table Grow(int position)
    {
        lock (_growing)
        {
            if (position < _table.Positions)
            {
                return _table;
            }

            int half = _frequencies.Length;
            int positions = (int)Math.Min(MaxPositions, Math.Max(position + 1L, 2L * Math.Max(_table.Positions, 64)));
            float[] cosines = new float[checked(positions * half)];
            float[] sines = new float[positions * half];
            _table.Cosines.CopyTo(cosines, 0);
            _table.Sines.CopyTo(sines, 0);
            for (int row = _table.Positions; row < positions; row++)
            {
                for (int i = 0; i < half; i++)
                {
                    (double sine, double cosine) = Math.SinCos(row * _frequencies[i]);
                    cosines[(row * half) + i] = (float)cosine;
                    sines[(row * half) + i] = (float)sine;
                }
            }

            return _table = new Table(cosines, sines, positions);
        }
    }

    private sealed record Table(float[] Cosines, float[] Sines, int Positions);
}
