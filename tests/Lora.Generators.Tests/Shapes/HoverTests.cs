using System.Collections.Immutable;
using Microsoft.CodeAnalysis;

namespace Lora.Generators.Tests;

/// <summary>The documentation of a wrapper, which an editor shows: shape, rank, scaling, how many parameters are trained, and their share.</summary>
public class HoverTests
{
    [Theory]
    [InlineData(
        "[Lora(Rank = 8, Alpha = 16)] private readonly Linear _fc = new(768, 768);",
        "The frozen <c>_fc</c>, [.., 768] → [.., 768], with its adapter: by default rank 8, scaling 16 / 8 = 2, and 12,288 parameters for the weight's 589,824 (2.08 %).")]
    [InlineData(
        "[Lora] private readonly Linear _fc = new(dim, dim * 4, bias: false);",
        "The frozen <c>_fc</c>, [.., dim] → [.., 4 * dim], with its adapter: by default rank 4, scaling 1 / 4 = 0.25, and 4 · (dim + 4 * dim) parameters for the weight's dim · 4 * dim.")]
    [InlineData(
        "[Lora(Rank = 2, Alpha = 3, UseRsLora = true)] private readonly Embedding _fc = new(Size, dim + 1);",
        "The frozen <c>_fc</c>, [32000, dim + 1], with its adapter: by default rank 2, scaling 3 / √2 = 2.1213, and 2 · (32000 + dim + 1) parameters for the weight's 32000 · (dim + 1).")]
    [InlineData(
        "[Lora(Rank = 1, Alpha = 0.5f)] private readonly Linear _fc = Linear.From(Tensor.Zeros(3, 4), null);",
        "The frozen <c>_fc</c> with its adapter: by default rank 1, scaling 0.5.")]
    public void Wrapper(string member, string summary) => SummaryOf(member).ShouldBe(summary);

    [Fact]
    public void WhiteSpaceAndOrderOfTheArgumentsChangeNothing() =>
        SummaryOf("[Lora] private readonly Linear _fc = new( 2*dim , dim );").ShouldBe(SummaryOf("[Lora] private readonly Linear _fc = new(outFeatures: dim, inFeatures: dim * 2);"));

    private static string SummaryOf(string member)
    {
        GeneratorHarness.Generate(
            GeneratorHarness.Compilation($$"""
                using Lora;

                public sealed partial class Model(int dim)
                {
                    public const int Size = 32_000;

                    {{member}}

                    private readonly int _dim = dim;

                    public int Dim => _dim;
                }
                """),
            out ImmutableArray<GeneratedSourceResult> sources);
        string line = sources.Single().SourceText.ToString().Split('\n').First(text => text.Contains("The frozen", StringComparison.Ordinal)).Trim();
        return line["/// <summary>".Length..^"</summary>".Length];
    }
}
