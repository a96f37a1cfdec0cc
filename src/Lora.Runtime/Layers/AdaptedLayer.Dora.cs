namespace Lora;

public abstract partial class AdaptedLayer
{
    private double[]? _squares;
    private int _versionOfSquares;

    /// <summary>Whether the features whose norms DoRA takes are the columns of the weight, as in an embedding, or its rows.</summary>
    private protected abstract bool FeaturesAreColumns { get; }

    /// <summary>‖W + scaling·(A·B)ᵀ‖ of each output feature.</summary>
    /// <param name="adapter">The adapter.</param>
    /// <param name="scratch">Memory of <see cref="DoraNorms.ScratchLength"/> elements.</param>
    /// <param name="norms">[out].</param>
    private protected void Norms(LoraAdapter adapter, Span<float> scratch, Span<float> norms) =>
        DoraNorms.Of(AdaptedWeight, Squares(), adapter, FeaturesAreColumns, scratch, norms);

    /// <summary>Makes the magnitude what it is at first: then the adapted layer is the original. Without weights it waits for them.</summary>
    private void SetMagnitudeToNorms(LoraAdapter adapter)
    {
        if (adapter.Magnitude is { } magnitude && AdaptedWeight.HasValues)
        {
            Norms(adapter, new float[DoraNorms.ScratchLength(adapter)], magnitude.Span);
        }
    }

    /// <summary>Keeps the magnitudes of adapters that nothing has changed yet at the norms of weights that were set after them.</summary>
    private protected sealed override void OnWeightsSet()
    {
        double[]? before = _squares;
        foreach (LoraAdapter adapter in _adapters.Values)
        {
            if (adapter.Magnitude is { } magnitude && adapter.DrawnFrom is not null && IsRootOf(before, magnitude.Span))
            {
                SetMagnitudeToNorms(adapter);
            }
        }
    }

    // Of weights that were not there yet the norms are 0.
    private static bool IsRootOf(double[]? squares, ReadOnlySpan<float> magnitude)
    {
        for (int i = 0; i < magnitude.Length; i++)
        {
            if (magnitude[i] != (squares is null ? 0 : (float)Math.Sqrt(squares[i])))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>gradM += Σ g ⊙ V·x / ‖V‖, with the directions V·x of each row.</summary>
    private protected static void AddGradientOfMagnitude(ReadOnlySpan<float> g, ReadOnlySpan<float> directions, ReadOnlySpan<float> norms, Span<float> gradient)
    {
        int features = norms.Length;
        for (int i = 0; i < features; i++)
        {
            double sum = 0;
            for (int at = i; at < g.Length; at += features)
            {
                sum += (double)g[at] * directions[at];
            }

            gradient[i] += norms[i] > 0 ? (float)(sum / norms[i]) : 0;
        }
    }

    // Kept for frozen weights, which seldom change.
    private double[] Squares()
    {
        LayerWeight weight = AdaptedWeight;
        double[]? known = _squares;
        if (known is not null && weight.Packed is not null && _versionOfSquares == weight.Version)
        {
            return known;
        }

        int version = weight.Version;
        double[] squares = DoraNorms.SquaresOf(weight, FeaturesAreColumns);
        _squares = squares;
        _versionOfSquares = version;
        return squares;
    }
}
