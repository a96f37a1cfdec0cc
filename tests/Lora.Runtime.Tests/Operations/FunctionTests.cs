using System.Numerics;

namespace Lora.Tests.Operations;

public sealed class FunctionTests
{
    [Fact]
    public void Exp_is_right_to_a_unit_of_the_last_place()
    {
        double worst = 0;
        for (float x = -87f; x < 88.7f; x += 0.0007f)
        {
            worst = Math.Max(worst, Math.Abs((Exp(x) / Math.Exp(x)) - 1));
        }

        worst.ShouldBeLessThan(1.2e-7);
    }

    [Fact]
    public void Exp_is_right_at_the_ends()
    {
        Exp(0).ShouldBe(1);
        Exp(-0f).ShouldBe(1);
        Exp(float.NegativeInfinity).ShouldBe(0);
        Exp(-1000).ShouldBe(0);
        Exp(-104.5f).ShouldBe(0);
        Exp(-100).ShouldBe(MathF.Exp(-100), tolerance: 2 * float.Epsilon);
        Exp(88.72f).ShouldBe(3.3931e38f, tolerance: 1e34f);
        Exp(89).ShouldBe(float.PositiveInfinity);
        Exp(float.PositiveInfinity).ShouldBe(float.PositiveInfinity);
        Exp(float.NaN).ShouldBe(float.NaN);
    }

    [Fact]
    public void The_normal_distribution_is_right_in_its_tails_too()
    {
        // Φ of −10, −5, −1, 0, 0.5 and 3, by R's pnorm.
        (float X, double Expected)[] table =
        [
            (-10, 7.619853024160495e-24), (-5, 2.866515718791933e-07), (-1, 0.15865525393145707), (0, 0.5), (0.5f, 0.6914624612740131), (3, 0.9986501019683699),
        ];
        foreach ((float x, double expected) in table)
        {
            double value = Functions.Normal(new Vector<float>(x), out Vector<float> density)[0];
            value.ShouldBe(expected, expected * 4e-6);
            ((double)density[0]).ShouldBe(Math.Exp(-0.5 * x * x) / Math.Sqrt(2 * Math.PI), 4e-6 * density[0]);
        }
    }

    [Fact]
    public void Sigmoid_is_right_far_out()
    {
        float Sigmoid(float x) => Functions.Sigmoid(new Vector<float>(x))[0];
        Sigmoid(0).ShouldBe(0.5f);
        Sigmoid(-80).ShouldBe(1.8048514e-35f, tolerance: 1e-41f);
        Sigmoid(float.NegativeInfinity).ShouldBe(0);
        Sigmoid(float.PositiveInfinity).ShouldBe(1);
        Sigmoid(float.NaN).ShouldBe(float.NaN);
    }

    private static float Exp(float x) => Functions.Exp(new Vector<float>(x))[0];
}
