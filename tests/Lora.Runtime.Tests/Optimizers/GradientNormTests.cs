namespace Lora.Tests.Optimizers;

public class GradientNormTests
{
    [Fact]
    public void The_norm_is_that_of_all_gradients_as_one_vector()
    {
        Parameter[] parameters = [OptimizerTests.Make("a", new float[2], [3f, 0f]), OptimizerTests.Make("b", new float[1], [-4f])];
        GradientNorm.Of(parameters).ShouldBe(5);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(15)]
    [InlineData(1001)]
    public void The_norm_is_summed_in_double_precision(int length)
    {
        float[] values = OptimizerTests.Random(3, length);
        double expected = Math.Sqrt(values.Sum(value => (double)value * value));
        GradientNorm.Of([OptimizerTests.Make("a", values, values)]).ShouldBe(expected, 1e-13 * expected);
    }

    [Fact]
    public void Clipping_scales_to_the_largest_norm_and_returns_the_one_before()
    {
        Parameter[] parameters = [OptimizerTests.Make("a", new float[2], [3f, 0f]), OptimizerTests.Make("b", new float[1], [-4f])];
        GradientNorm.Clip(parameters, 2.5).ShouldBe(5);
        float factor = (float)(2.5 / (5 + 1e-6));
        parameters[0].Gradient.Span[0].ShouldBe(3 * factor);
        parameters[1].Gradient.Span[0].ShouldBe(-4 * factor);
    }

    [Fact]
    public void A_norm_below_the_largest_changes_nothing()
    {
        Parameter[] parameters = [OptimizerTests.Make("a", new float[2], [3f, 4f])];
        GradientNorm.Clip(parameters, 5.1).ShouldBe(5);
        parameters[0].Gradient.Span.ToArray().ShouldBe([3f, 4f]);
    }

    [Fact]
    public void A_gradient_that_was_never_computed_counts_as_zero_and_gets_no_memory()
    {
        var parameter = new Parameter("p", Tensor.Zeros(4));
        GradientNorm.Clip([parameter], 1).ShouldBe(0);
        parameter.GradientBytes.ShouldBe(0);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    public void A_largest_norm_below_zero_is_refused(double maxNorm) =>
        Should.Throw<ArgumentOutOfRangeException>(() => GradientNorm.Clip([], maxNorm)).ParamName.ShouldBe("maxNorm");
}
