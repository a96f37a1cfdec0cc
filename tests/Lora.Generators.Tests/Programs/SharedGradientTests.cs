namespace Lora.Generators.Tests;

/// <summary>Sums hand on the gradient that they were given: whoever adds to it later changes no other's.</summary>
public class SharedGradientTests
{
    private static readonly Tensor _x = Inputs.Normal(1, 3, 4);

    [Theory]
    [InlineData("h + h")]
    [InlineData("h + _second.Forward(h)")]
    [InlineData("_second.Forward(h) + h")]
    [InlineData("Nn.Tanh(h) + (h + Nn.Silu(h))")]
    [InlineData("(h + x) + (h - x) + h")]
    [InlineData("(h - h) + (h - Nn.Tanh(h))")]
    [InlineData("(h + 1f) * (h - 1f)")]
    [InlineData("Nn.Reshape(Nn.Reshape(h, 4, 3) + Nn.Reshape(h, 4, 3), 3, 4) + h")]
    [InlineData("Nn.Reshape(h, 3, 4) * h + Nn.Reshape(Nn.Tanh(Nn.Reshape(h, 12)), 3, 4)")]
    [InlineData("h + Nn.Reshape(h, 1, 3, 4)")]
    [InlineData("h + Nn.Sum(h, axis: 0, keepDims: true) + Nn.Sum(h, axis: 1, keepDims: true)")]
    [InlineData("Twice(h + x) + Twice(h)")]
    [InlineData("Looped(h) + h")]
    [InlineData("Chosen(h + h, 1) + Chosen(h, -1)")]
    public void Values(string value)
    {
        string source = $$"""
            using Lora;

            public sealed partial class Model
            {
                [Lora(Rank = 2, Alpha = 3)] private readonly Linear _first = new(4, 4);
                [Lora(Rank = 2, Alpha = 3)] private readonly Linear _second = new(4, 4);

                [Differentiable]
                public Tensor Twice(Tensor x) => x + x;

                [Differentiable]
                public Tensor Looped(Tensor x)
                {
                    for (int i = 0; i < 3; i++)
                    {
                        x = x + _second.Forward(Nn.Tanh(x + x));
                    }

                    return x;
                }

                [Differentiable]
                public Tensor Chosen(Tensor x, int sign) => sign > 0 ? x : x + Nn.Silu(x);

                [Differentiable]
                public float Loss(Tensor x)
                {
                    Tensor h = _first.Forward(x);
                    Tensor value = {{value}};
                    return Nn.Mean(value * value) + 0.3f * Nn.Mean(_second.Forward(h));
                }
            }
            """;
        new ProgramCheck(source, "new Model()").Verify(_x);
    }
}
