using System.Globalization;
using Microsoft.CodeAnalysis;

namespace Lora.Generators.Tests;

/// <summary>Ranks that do not suit their layers.</summary>
public class RankTests
{
    [Theory]
    [InlineData("LORA0004", "Rank = 33", "new(32, 64)", "32", "the rank 33 is larger than the smaller dimension of the layer, 32, of [32, 64]")]
    [InlineData("LORA0004", "Rank = 8", "new(64, 4)", "4", "the rank 8 is larger than the smaller dimension of the layer, 4, of [64, 4]")]
    [InlineData("LORA0004", "Alpha = 2", "new(3, 64)", "3", "the rank 4 is larger than the smaller dimension of the layer, 3, of [3, 64]")]
    [InlineData("LORA0004", "Rank = 8", "new(dim, 4)", "4", "the rank 8 is larger than the smaller dimension of the layer, 4, of [dim, 4]")]
    [InlineData("LORA0004", "Rank = 2 * Size", "new(Size, 64)", "8", "the rank 16 is larger than the smaller dimension of the layer, 8, of [8 (Size), 64]")]
    [InlineData("LORA0005", "Rank = 16", "new(32, 32)", "15", "with rank 16 it has 1,024 parameters, and the layer's weight 1,024. Write a rank of at most 15.")]
    [InlineData("LORA0005", "Rank = 2", "new(2, 1024)", "1", "with rank 2 it has 2,052 parameters, and the layer's weight 2,048. Write a rank of at most 1.")]
    [InlineData("LORA0005", "Rank = 1", "new(2, 2)", null, "with rank 1 it has 4 parameters, and the layer's weight 4. No rank does: train the layer itself with [Trainable].")]
    [InlineData("LORA0005", "Rank = 8", "new(dim, 8)", "4", "with rank 8 it has 8 · (dim + 8) parameters, and the layer's weight dim · 8. Write a rank of at most 4.")]
    public void OfALinear(string id, string settings, string layer, string? rank, string message)
    {
        Diagnostic reported = ShapeHarness.Verify($$"""
            public sealed partial class Model(int dim)
            {
                private const int Size = 8;

                [Lora({{settings}})] private readonly Linear {|{{id}}:_fc|} = {{layer}};

                public int Dim => dim;

                [Differentiable]
                public Tensor Forward(Tensor x) => _fc.Forward(x);
            }
            """).Single();
        reported.GetMessage(CultureInfo.InvariantCulture).ShouldContain(message);
        reported.Properties.GetValueOrDefault("Rank").ShouldBe(rank);
    }

    [Fact]
    public void OtherMembers() => ShapeHarness.Verify("""
        public sealed partial class Model
        {
            [Lora(Rank = 9)] private readonly Embedding {|LORA0004:_tokens|} = new(8, 32);
            [Lora(Rank = 9)] public Linear {|LORA0004:Head|} { get; } = new(32, 8);
            [Lora(Rank = 17)] private Linear {|LORA0004:_late|};

            public Model() => _late = new Linear(16, 32);

            [Differentiable]
            public Tensor Forward(ReadOnlySpan<int> ids) => _late.Forward(Head.Forward(_tokens.Forward(ids)) * 0 + Tensor.Zeros(16));
        }
        """.Replace("Head.Forward(_tokens.Forward(ids)) * 0 + Tensor.Zeros(16)", "Tensor.Zeros(1, 16)"));

    [Fact]
    public void NestedAndGeneric() => ShapeHarness.Verify("""
        public partial class Outer<T>
            where T : class
        {
            protected partial interface IMiddle<U>
            {
                internal sealed partial record Model<V>
                {
                    private const int Size = 1 << 3;

                    [Lora(Rank = Size + 1)] public partial Linear Head { get; init; } // Whoever makes the model may set it.
                    [Lora(Rank = 2)] private readonly Linear _down = new(32, Size);
                    [Lora(Rank = Size * Size)] private readonly Linear {|LORA0004:_large|} = new(24, Size);

                    public Model() => Head = new(Size, 32);

                    [Differentiable]
                    public Tensor Forward(Tensor x) => {|LORA1001:_down.Forward(_down.Forward(Head.Forward(x)))|};

                    [Differentiable]
                    public Tensor Large(Tensor x) => _large.Forward(x);
                }
            }
        }
        """);

    [Theory]
    [InlineData("LORA0004", "Rank = int.MaxValue", "new(32, 64)")]
    [InlineData("LORA0005", "Rank = 65536", "new(65536, 65536)")] // 2³³ parameters against 2³² weights.
    [InlineData("LORA0005", "Rank = int.MaxValue", "new(int.MaxValue, int.MaxValue)")]
    [InlineData("LORA0004", "Rank = int.MaxValue", "new(unchecked(int.MaxValue * 3), int.MaxValue)")] // 2,147,483,645
    public void LargeNumbers(string id, string settings, string layer) => ShapeHarness.VerifyClass($$"""
        [Lora({{settings}})] private readonly Linear {|{{id}}:_fc|} = {{layer}};

        [Differentiable]
        public Tensor Forward(Tensor x) => _fc.Forward(x);
        """);

    [Theory]
    [InlineData("Rank = 1 << 20", "new(1 << 30, 1 << 30)")]
    [InlineData("Rank = 8", "new(dim, dim)")]
    [InlineData("Rank = 8", "new(dim, hidden)")]
    [InlineData("Rank = 8", "new(dim, 9)")]
    [InlineData("Rank = 15", "new(32, 32)")]
    [InlineData("Rank = 0", "new(32, 32)")]
    [InlineData("Rank = 99", "new(dim > 3 ? 4 : 5, hidden)")]
    public void WhatSuitsOrMaySuit(string settings, string layer) => ShapeHarness.VerifyClass($$"""
        [Lora({{settings}})] private readonly Linear _fc = {{layer}};

        [Differentiable]
        public Tensor Forward(Tensor x) => _fc.Forward(x);
        """);
}
