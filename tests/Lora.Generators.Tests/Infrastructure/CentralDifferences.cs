namespace Lora.Generators.Tests;

/// <summary>Gradients by central differences of a function in double precision, and how far others may be from them.</summary>
internal static class CentralDifferences
{
    /// <summary>The largest relative L2 distance of a tensor's gradient.</summary>
    public const double Tolerance = 1e-3;

    private const double Step = 1e-6;
    private const double Zero = 1e-7;

    /// <summary>The gradient of a function with respect to values that it reads.</summary>
    public static double[] Gradient(Func<double> function, Func<int, double> read, Action<int, double> write, int length)
    {
        double[] gradient = new double[length];
        for (int i = 0; i < length; i++)
        {
            double value = read(i);
            write(i, value + Step);
            double above = function();
            write(i, value - Step);
            double below = function();
            write(i, value);
            gradient[i] = (above - below) / (2 * Step);
        }

        return gradient;
    }

    /// <summary>Refuses a gradient that is not the one that differences gave.</summary>
    /// <param name="name">The tensor.</param>
    /// <param name="gradient">What was computed.</param>
    /// <param name="differences">What it must be.</param>
    /// <param name="mayBeZero">Whether nothing of this tensor need reach the result: a gradient that is zero proves nothing.</param>
    /// <param name="noise">What rounding may add to the distance.</param>
    public static void Compare(string name, ReadOnlySpan<float> gradient, ReadOnlySpan<double> differences, bool mayBeZero, double noise = 0)
    {
        if (gradient.Length != differences.Length)
        {
            throw new ProgramFaultException($"The gradient of {name} has {gradient.Length} elements, not {differences.Length}.");
        }

        double norm = 0;
        double distance = 0;
        double own = 0;
        for (int i = 0; i < gradient.Length; i++)
        {
            norm += differences[i] * differences[i];
            own += (double)gradient[i] * gradient[i];
            distance += (gradient[i] - differences[i]) * (gradient[i] - differences[i]);
        }

        (norm, distance, own) = (Math.Sqrt(norm), Math.Sqrt(distance), Math.Sqrt(own));
        if (norm < Zero)
        {
            if (!mayBeZero)
            {
                throw new ProgramFaultException($"The gradient of {name} is zero by differences: the program does not test it.");
            }

            if (!(own < Zero + noise))
            {
                throw new ProgramFaultException($"The gradient of {name} is zero by differences; computed was one of norm {own}.");
            }

            return;
        }

        if (!(distance <= (Tolerance * norm) + noise))
        {
            throw new ProgramFaultException(
                $"The gradient of {name} is off by {distance / norm:G3} of its norm {norm:G6}.\n  computed:    {Start(gradient)}\n  differences: {Start(differences)}");
        }
    }

    private static string Start<T>(ReadOnlySpan<T> values)
        where T : IFormattable =>
        string.Join(", ", values[..Math.Min(values.Length, 12)].ToArray().Select(value => value.ToString("G6", null)));
}
