using System.Collections.Immutable;
using Microsoft.CodeAnalysis;

namespace Lora.Generators.Tests;

/// <summary>The text of generated files, one feature each: they are to be read.</summary>
public class SnapshotTests
{
    private const string Classifier = """
        using Lora;

        namespace Shop;

        public sealed partial class Classifier
        {
            [Lora(Rank = 8, Alpha = 16)] private readonly Linear _head = new(16, 10);

            [Differentiable]
            public float Loss(Tensor x, Tensor target)
            {
                return Nn.MseLoss(_head.Forward(x), target);
            }
        }
        """;

    private const string Stack = """
        using Lora;

        public sealed partial class Block(int dim)
        {
            [Lora(Rank = 8, Alpha = 16)] private readonly Linear _fc = new(dim, dim);

            [Differentiable]
            public Tensor Forward(Tensor x) => Nn.Relu(_fc.Forward(x)) + x;
        }

        public sealed partial class Stack
        {
            private readonly Block[] _blocks = [new(16), new(16)];

            [Differentiable]
            public float Loss(Tensor x, Tensor target)
            {
                foreach (Block block in _blocks)
                {
                    x = block.Forward(x);
                }

                return Nn.MseLoss(x, target);
            }
        }
        """;

    /// <summary>The programs of all snapshots.</summary>
    internal static string[] Sources { get; } = [Classifier, Stack];

    [Fact]
    public void OneLayer() => Verify(Classifier);

    [Fact]
    public void LoopOverSubmodels() => Verify(Stack);

    private static void Verify(string source, [System.Runtime.CompilerServices.CallerMemberName] string method = "")
    {
        GeneratorHarness.Generate(GeneratorHarness.Compilation(source), out ImmutableArray<GeneratedSourceResult> sources);
        Snapshot.Verify(typeof(SnapshotTests), sources, method);
    }
}
