namespace Lora.Generators.Tests;

/// <summary>Gradients in the memory of what they belong to: only where nothing else reads that any more.</summary>
public class GradientOverTests
{
    private static readonly Tensor _x = Inputs.Normal(1, 3, 4);

    [Theory]
    [InlineData("float Loss(Tensor x, int[] targets) => Nn.CrossEntropy(_head.Forward(x), targets);", 1)]
    [InlineData("float Loss(Tensor x, int[] targets) { Tensor h = _head.Forward(x); return Nn.CrossEntropy(h, targets) + 0.5f * Nn.MseLoss(h, x); }", 0)]
    [InlineData("float Loss(Tensor x, int[] targets) { Tensor h = _head.Forward(x); return Nn.MseLoss(Nn.Silu(h), x) + Nn.CrossEntropy(h, targets); }", 1)]
    [InlineData("float Loss(Tensor x, int[] targets) { Tensor h = _head.Forward(x); return Nn.CrossEntropy(h, targets) + Nn.CrossEntropy(h, targets); }", 0)]
    [InlineData("float Loss(Tensor x, int[] targets) { Tensor h = _head.Forward(x); return Nn.CrossEntropy(h, targets) + Nn.MaeLoss(h + x, x); }", 2)]
    [InlineData("float Loss(Tensor x, int[] targets) { Tensor h = _head.Forward(x); Tensor g = h + x; return Nn.MaeLoss(g, x) + Nn.CrossEntropy(h, targets); }", 2)]
    [InlineData("float Loss(Tensor x, int[] targets) => Nn.CrossEntropy(Nn.Tanh(_head.Forward(x)), targets);", 0)]
    [InlineData("float Loss(Tensor x, int[] targets) => Nn.CrossEntropy(Hidden(x), targets);", 1)]
    [InlineData("float Loss(Tensor x, int[] targets) => Nn.CrossEntropy(Read(x), targets);", 1)]
    [InlineData("float Loss(Tensor x, int[] targets) => Nn.CrossEntropy(Nn.Stop(x) * _head.Forward(x), targets);", 1)]
    [InlineData("float Loss(Tensor x, int[] targets) { Tensor h = _head.Forward(x); return Nn.CrossEntropy(Nn.Reshape(h, 3, 4) * h, targets); }", 1)]
    [InlineData("float Loss(Tensor x, int[] targets) { Tensor h = _head.Forward(x); return Nn.CrossEntropy(Nn.Reshape(h, 3, 4), targets) + Nn.MaeLoss(h, x); }", 2)]
    [InlineData("float Loss(Tensor x, int[] targets) { Tensor h = _head.Forward(x); return Nn.MaeLoss(h, x) + Nn.CrossEntropy(Nn.Reshape(h, 3, 4), targets); }", 2)]
    [InlineData("float Loss(Tensor x, int[] targets) { Tensor h = _head.Forward(x); return Nn.MseLoss(Nn.Reshape(h, 4, 3), Nn.Reshape(x, 4, 3)) + Nn.MaeLoss(h, x); }", 2)]
    [InlineData("float Loss(Tensor x, int[] targets) { Tensor h = _head.Forward(x); return Nn.MseLoss(h, x) + Nn.MaeLoss(Nn.Reshape(h, 4, 3), Nn.Reshape(x, 4, 3)); }", 2)]
    [InlineData("float Loss(Tensor x, int[] targets) { Tensor h = _head.Forward(x); return Nn.MseLoss(h, 0.5f * h); }", 1)]
    [InlineData("float Loss(Tensor x, int[] targets) => Nn.MseLoss(_head.Forward(x), _head.Forward(x + 1f)) + Nn.MaeLoss(Nn.Tanh(_head.Forward(x)), x);", 1)]
    [InlineData("float Loss(Tensor x, int[] targets) { Tensor h = _head.Forward(x); float sum = 0f; for (int i = 0; i < 2; i++) { sum += Nn.CrossEntropy(h, targets); } return sum; }", 0)]
    [InlineData("float Loss(Tensor x, int[] targets) => Nn.MseLoss(Nn.SwiGlu(_head.Forward(x), _head.Forward(x + 1f)), x) + Nn.CrossEntropy(_head.Forward(x), targets);", 3)]
    public void Losses(string method, int planned)
    {
        string source = $$"""
            using Lora;

            public sealed partial class Model
            {
                [Lora(Rank = 2, Alpha = 3)] private readonly Linear _head = new(4, 4);

                [Differentiable]
                public Tensor Hidden(Tensor x) => _head.Forward(x);

                [Differentiable]
                public Tensor Read(Tensor x) => Nn.Tanh(_head.Forward(x));

                [Differentiable]
                public {{method}}
            }
            """;
        new ProgramCheck(source, "new Model()").Verify(_x, new[] { 1, 3, 0 });
        GeneratorHarness.Generate(GeneratorHarness.Compilation(source), out System.Collections.Immutable.ImmutableArray<Microsoft.CodeAnalysis.GeneratedSourceResult> sources);
        sources[0].SourceText.ToString().Split("work.GradientOver(").Length.ShouldBe(planned + 1);
    }
}
