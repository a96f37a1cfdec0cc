namespace Lora.Models.Tests;

internal static class Numbers
{
    public static double[] ToDoubles(this Span<float> values)
    {
        double[] result = new double[values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            result[i] = values[i];
        }

        return result;
    }

    public static double Norm(IEnumerable<double> values) => Math.Sqrt(values.Sum(value => value * value));

    public static double MaxDifference(double[] actual, double[] expected)
    {
        actual.Length.ShouldBe(expected.Length);
        return actual.Zip(expected, (a, b) => Math.Abs(a - b)).Max();
    }

    /// <summary>‖actual − expected‖ / ‖expected‖.</summary>
    public static double RelativeDistance(double[] actual, double[] expected)
    {
        actual.Length.ShouldBe(expected.Length);
        return Norm(actual.Zip(expected, (a, b) => a - b)) / Norm(expected);
    }

    /// <summary>Both allowances for gradients: 1e-5 for each entry, and 5e-3 of the tensor's norm where it is not zero.</summary>
    public static void ShouldBeGradient(this double[] actual, double[] expected, string name)
    {
        MaxDifference(actual, expected).ShouldBeLessThanOrEqualTo(1e-5, name);
        if (Norm(expected) > 0)
        {
            RelativeDistance(actual, expected).ShouldBeLessThanOrEqualTo(5e-3, name);
        }
    }
}
