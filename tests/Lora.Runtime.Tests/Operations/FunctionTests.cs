using System.Runtime.Intrinsics;

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
            double value = Functions.Normal<Lanes128, Vector128<float>>(Vector128.Create(x), out Vector128<float> density)[0];
            value.ShouldBe(expected, expected * 4e-6);
            ((double)density[0]).ShouldBe(Math.Exp(-0.5 * x * x) / Math.Sqrt(2 * Math.PI), 4e-6 * density[0]);
        }
    }

    [Fact]
    public void Sigmoid_is_right_far_out()
    {
        float Sigmoid(float x) => Functions.Sigmoid<Lanes128, Vector128<float>>(Vector128.Create(x))[0];
        Sigmoid(0).ShouldBe(0.5f);
        Sigmoid(-80).ShouldBe(1.8048514e-35f, tolerance: 1e-41f);
        Sigmoid(float.NegativeInfinity).ShouldBe(0);
        Sigmoid(float.PositiveInfinity).ShouldBe(1);
        Sigmoid(float.NaN).ShouldBe(float.NaN);
    }

    [Fact]
    public void Every_width_gives_the_same_bits()
    {
        for (float x = -120; x < 100; x += 0.0137f)
        {
            HoldsForWidths(x);
        }

        foreach (float x in (float[])[0, -0f, 1e-40f, -104.5f, 1e30f, -1e30f, float.PositiveInfinity, float.NegativeInfinity, float.NaN])
        {
            HoldsForWidths(x);
        }
    }

    private static void HoldsForWidths(float x)
    {
        (float, float, float, float) expected = AllOf<Lanes32, float>(x);
        AllOf<Lanes128, Vector128<float>>(x).Equals(expected).ShouldBeTrue($"{x} in 128 bits");
        AllOf<Lanes256, Vector256<float>>(x).Equals(expected).ShouldBeTrue($"{x} in 256 bits");
        AllOf<Lanes512, Vector512<float>>(x).Equals(expected).ShouldBeTrue($"{x} in 512 bits");
    }

    private static (float Exp, float Sigmoid, float Normal, float Density) AllOf<TLanes, TVector>(float x)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        TVector vector = TLanes.Broadcast(x);
        TVector normal = Functions.Normal<TLanes, TVector>(vector, out TVector density);
        return (
            TLanes.Largest(Functions.Exp<TLanes, TVector>(vector)), TLanes.Largest(Functions.Sigmoid<TLanes, TVector>(vector)),
            TLanes.Largest(normal), TLanes.Largest(density));
    }

    private static float Exp(float x) => Functions.Exp<Lanes128, Vector128<float>>(Vector128.Create(x))[0];
}
