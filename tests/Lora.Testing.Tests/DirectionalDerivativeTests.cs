namespace Lora.Testing.Tests;

public class DirectionalDerivativeTests
{
    [Fact]
    public void The_error_of_a_rounded_function_is_about_what_the_estimate_says()
    {
        const int Functions = 400;
        double[] errors = new double[Functions];
        double[] estimates = new double[Functions];
        for (int i = 0; i < Functions; i++)
        {
            var random = new Random(i);
            double value = 1 + random.NextDouble();
            double slope = (random.NextDouble() - 0.5) / 50;
            double second = (random.NextDouble() - 0.5) / 10;
            double third = (random.NextDouble() - 0.5) / 20;
            (double found, estimates[i]) = DirectionalDerivative.Of(t => (float)(value + (t * (slope + (t * (second + (t * third)))))));
            errors[i] = Math.Abs(found - slope);
        }

        Array.Sort(errors);
        Array.Sort(estimates);
        estimates[Functions / 2].ShouldBeInRange(errors[Functions / 2], 2 * errors[Functions / 2]);
    }
}
