namespace Lora.Generators.Tests;

/// <summary>Results that the backward pass makes again: only of what is kept, and where it reads them.</summary>
public class RecomputeTests
{
    private static readonly Tensor _x = Inputs.Normal(1, 3, 4);

    [Theory]
    [InlineData("_second.Forward(Nn.SwiGlu(h, x))", 1)]
    [InlineData("_second.Forward(Nn.Gelu(h)) + _third.Forward(Nn.GeluTanh(h))", 2)]
    [InlineData("_norm.Forward(h) * _second.Forward(_norm.Forward(h))", 2)]
    [InlineData("_second.Forward(_layerNorm.Forward(h))", 1)]
    [InlineData("_second.Forward(h * x) / (1.5f + Nn.Silu(x))", 2)] // The loss reads the value.
    [InlineData("_third.Forward(h / (2f + Nn.Sigmoid(h)))", 1)]
    [InlineData("_second.Forward(Nn.Gelu(Nn.Silu(h)))", 1)] // Gelu's backward reads Silu's result, which is made again; so Gelu's own is kept.
    [InlineData("Own.Scale(_second.Forward(Own.Scale(h, 2f, 3)), 0.5f, 1)", 2)]
    [InlineData("_plain.Forward(Nn.Silu(h))", 1)] // Read only where the layer is trained, which it is not.
    [InlineData("Through(Nn.Silu(h))", 0)] // Another method keeps what it reads itself.
    [InlineData("Nn.Silu(h)", 1)]
    [InlineData("Nn.Tanh(Nn.Silu(h) + Nn.Silu(x))", 0)]
    public void Values(string value, int planned) => Verify($"Tensor value = {value};", planned);

    [Theory]
    [InlineData("Tensor a = Nn.Silu(h); Tensor value = _second.Forward(a) + _third.Forward(a);", 2)]
    [InlineData("Tensor a = Nn.Silu(h); Tensor value = a + _second.Forward(a); value = value * a;", 2)] // The product is made of what is made again, and so is kept.
    [InlineData("Tensor a = Nn.Silu(h); Tensor value = a; value = value + _second.Forward(a);", 1)]
    [InlineData("Tensor a = Nn.Silu(h); Tensor value = a + x; for (int i = 0; i < 2; i++) { value = value + _second.Forward(a); }", 0)]
    [InlineData("Tensor value = h; for (int i = 0; i < 2; i++) { Tensor a = Nn.Silu(value); value = value + _second.Forward(a); }", 0)]
    [InlineData("Tensor value = h; for (int i = 0; i < 2; i++) { Tensor a = Nn.SwiGlu(h, x); value = value + _second.Forward(a); }", 1)]
    [InlineData("Tensor a = Nn.Silu(h); System.ReadOnlySpan<float> s = Nn.Stop(a).Span; Tensor b = _second.Forward(a); Tensor value = Nn.Tanh(_third.Forward(b)) + 0f * s[0];", 0)] // The span needs the elements: NaN would show.
    [InlineData("Tensor a = Nn.Silu(h); Tensor b = Nn.Stop(a); Tensor value = _second.Forward(a) + 0f * b;", 0)]
    [InlineData("Tensor a = Nn.Silu(h); if (x.Length < 3) { return Nn.Mean(x * h); } Tensor value = _second.Forward(a);", 1)]
    [InlineData("Tensor a = Nn.Silu(h); if (x.Length > 3) { return Nn.Mean(_second.Forward(h)) + Nn.Mean(_third.Forward(h)); } Tensor value = _second.Forward(a);", 1)]
    [InlineData("Tensor value = Checkpointed(h);", 0)]
    [InlineData("Tensor value = h; if (x.Length > 3) { return Nn.MseLoss(h * x, x) + Nn.Mean(_second.Forward(h)) + Nn.Mean(_third.Forward(h)); }", 0)] // The loss reads it at once.
    [InlineData("Tensor value = h; if (x.Length > 3) { Tensor a = Nn.Silu(h); value = _second.Forward(a); }", 1)]
    public void Statements(string statements, int planned) => Verify(statements, planned);

    private static void Verify(string statements, int planned)
    {
        string source = $$"""
            using Lora;

            public static class Own
            {
                [Derivative(nameof(ScaleBackward), Reads = Reads.Inputs, Into = nameof(ScaleInto), Recompute = true)]
                public static Tensor Scale(Tensor x, float factor, int power)
                {
                    Tensor result = Tensor.Zeros(x.Shape);
                    ScaleInto(x, factor, power, result);
                    return result;
                }

                public static void ScaleInto(Tensor x, float factor, int power, Tensor result)
                {
                    for (int i = 0; i < x.Length; i++)
                    {
                        result.Span[i] = factor * power * x.Span[i];
                    }
                }

                public static void ScaleBackward(Tensor x, float factor, int power, Tensor gradResult, Tensor? gradX, ref float gradFactor)
                {
                    for (int i = 0; i < x.Length; i++)
                    {
                        gradFactor += power * x.Span[i] * gradResult.Span[i];
                        if (gradX is not null)
                        {
                            gradX.Span[i] += factor * power * gradResult.Span[i];
                        }
                    }
                }
            }

            public sealed partial class Model
            {
                [Lora(Rank = 2, Alpha = 3)] private readonly Linear _first = new(4, 4);
                [Lora(Rank = 2, Alpha = 3)] private readonly Linear _second = new(4, 4);
                [Trainable] private readonly Linear _third = new(4, 4);
                private readonly Linear _plain = new(4, 4);
                private readonly RmsNorm _norm = new(4);
                private readonly LayerNorm _layerNorm = new(4);

                [Differentiable]
                public Tensor Through(Tensor x) => _second.Forward(x);

                [Differentiable(Checkpoint = true)]
                public Tensor Checkpointed(Tensor x) => _second.Forward(Nn.SwiGlu(_first.Forward(x), x));

                [Differentiable]
                public float Loss(Tensor x)
                {
                    Tensor h = _first.Forward(x);
                    {{statements}}
                    return Nn.Mean(value * value) + 0.3f * Nn.Mean(_second.Forward(h)) + 0.1f * Nn.Mean(_third.Forward(h));
                }
            }
            """;
        new ProgramCheck(source, "new Model()").Verify(_x);
        GeneratorHarness.Generate(GeneratorHarness.Compilation(source), out System.Collections.Immutable.ImmutableArray<Microsoft.CodeAnalysis.GeneratedSourceResult> sources);
        sources.Sum(generated => generated.SourceText.ToString().Split("work.Remakes(").Length - 1).ShouldBe(planned + 1, "Checkpointed has one");
    }
}
