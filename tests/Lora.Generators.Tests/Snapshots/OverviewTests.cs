using System.Collections.Immutable;
using Microsoft.CodeAnalysis;

namespace Lora.Generators.Tests;

/// <summary>The example that README and the design open with: its generated files, to be read, and its gradients.</summary>
public class OverviewTests
{
    internal const string Source = """
        using Lora;

        public sealed partial class Attention(int dim, int heads)
        {
            [Lora(Rank = 8, Alpha = 16)] private readonly Linear _qProj = new(dim, dim);
            private readonly Linear _kProj = new(dim, dim);
            [Lora(Rank = 8, Alpha = 16)] private readonly Linear _vProj = new(dim, dim);
            private readonly Linear _oProj = new(dim, dim);

            [Differentiable]
            public Tensor Forward(Tensor x)
            {
                Tensor q = _qProj.Forward(x);
                Tensor k = _kProj.Forward(x);
                Tensor v = _vProj.Forward(x);
                return _oProj.Forward(Nn.CausalAttention(q, k, v, heads));
            }
        }

        public sealed partial class Regressor(int dim)
        {
            private readonly Attention[] _layers = [new(dim, 4), new(dim, 4)];
            [Lora(Rank = 4, Alpha = 8)] private readonly Linear _head = new(dim, 16);

            [Differentiable]
            public Tensor Forward(Tensor x)
            {
                foreach (Attention layer in _layers)
                {
                    x = x + layer.Forward(x);
                }
                return _head.Forward(x);
            }

            [Differentiable]
            public float Loss(Tensor x, Tensor target) => Nn.MseLoss(Forward(x), target);
        }
        """;

    [Fact]
    public void AttentionAndRegressor()
    {
        GeneratorHarness.Generate(GeneratorHarness.Compilation(Source), out ImmutableArray<GeneratedSourceResult> sources);
        Snapshot.Verify(typeof(OverviewTests), sources);
    }

    [Fact]
    public void LossGradients() =>
        new ProgramCheck(Source, "new Regressor(16)").Verify(Inputs.Normal(1, 2, 5, 16), Inputs.Normal(2, 2, 5, 16));

    [Fact]
    public void ForwardPullback() =>
        new ProgramCheck(Source, "new Regressor(16)") { Method = "Forward" }.Verify(Inputs.Normal(1, 2, 5, 16));
}
