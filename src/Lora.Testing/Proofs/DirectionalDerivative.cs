namespace Lora.Testing;

/// <summary>
/// The derivative of a noisy function at 0 by central differences of shrinking steps, extrapolated to a step of zero (Ridders 1982, "Accurate
/// computation of F′(x) and F′(x) F″(x)"): large steps keep rounding away, extrapolation removes what they bend.
/// </summary>
internal static class DirectionalDerivative
{
    private const int Rows = 9;
    private const double FirstStep = 0.1;
    private const double Shrink = 1.6;

    /// <summary>The derivative, and an estimate of its error, which is no less than what the rounding of a float32 result leaves open at its step.</summary>
    public static (double Value, double Error) Of(Func<double, double> function)
    {
        double[,] table = new double[Rows, Rows];
        double best = double.NaN;
        double error = double.PositiveInfinity;
        double roundingOfBest = 0;
        double step = FirstStep;
        for (int row = 0; row < Rows; row++, step /= Shrink)
        {
            double above = function(step);
            double below = function(-step);
            table[row, 0] = (above - below) / (2 * step);
            // Of two values, each off by up to half of the last place: the root mean square.
            double rounding = LastPlace(Math.Max(Math.Abs(above), Math.Abs(below))) / Math.Sqrt(6) / (2 * step);
            double factor = 1;
            for (int order = 1; order <= row; order++)
            {
                factor *= Shrink * Shrink;
                table[row, order] = table[row, order - 1] + ((table[row, order - 1] - table[row - 1, order - 1]) / (factor - 1));
                double estimate = Math.Max(
                    Math.Abs(table[row, order] - table[row, order - 1]), Math.Abs(table[row, order] - table[row - 1, order - 1]));
                if (estimate < error)
                {
                    (best, error, roundingOfBest) = (table[row, order], estimate, rounding);
                }
            }
        }

        return (best, Math.Max(error, roundingOfBest));
    }

    private static double LastPlace(double value) => (double)MathF.BitIncrement((float)value) - (float)value;
}
