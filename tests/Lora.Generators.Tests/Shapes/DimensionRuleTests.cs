extern alias generators;

using generators::Lora.Generators;
using Microsoft.CodeAnalysis.CSharp;

namespace Lora.Generators.Tests;

/// <summary>How an operation says what it does with dimensions.</summary>
public class DimensionRuleTests
{
    [Theory]
    [InlineData("a [.., m, k], b [.., k, n] -> [.., m, n]")]
    [InlineData("x [..] -> [..shape]")]
    [InlineData("x [..] -> [..] with axis = a + b")]
    [InlineData("-> [_, Width]")]
    [InlineData("prediction [.., d], target [.., d]")]
    [InlineData("x [2, embedding.Width] -> [3]")]
    public void Readable(string text) => DimensionRule.Parse(text).ShouldNotBeNull();

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("x [.., d -> [d]")]
    [InlineData("x [d] -> [d] -> [d]")]
    [InlineData("x [.., 0] -> [1]")]
    [InlineData("x [.., a b] -> [1]")]
    [InlineData("x [d] y [d]")]
    [InlineData("x [d] -> d")]
    [InlineData("x [..] -> [..] with axis")]
    [InlineData("x [..] -> [..] with axis = ")]
    [InlineData("x [d, ..] -> [d]")]
    [InlineData("x [..shape] -> [d]")]
    [InlineData("[d] -> [d]")]
    public void NotReadable(string text) => DimensionRule.Parse(text).ShouldBeNull();

    [Theory]
    [InlineData("x [.., d -> [d]", "its Dimensions 'x [.., d -> [d]' cannot be read")]
    [InlineData("y [.., d] -> [.., d]", "its Dimensions name 'y', which it does not have")]
    [InlineData("x [.., Width] -> [.., d]", "its Dimensions name 'Width', which it does not have")]
    [InlineData("x [.., x.Width] -> [.., d]", "its Dimensions name 'x.Width', which it does not have")]
    public void AWrongRuleIsReportedAtTheOperation(string dimensions, string fault)
    {
        CSharpCompilation compilation = GeneratorHarness.Compilation($$"""
            using Lora;

            public static class Ops
            {
                [Derivative(nameof(SameBackward), Dimensions = "{{dimensions}}")]
                public static Tensor Same(Tensor x) => x.Clone();

                public static void SameBackward(Tensor gradResult, Tensor gradX) { }
            }
            """);
        string reported = GeneratorHarness.Analyze(compilation).ShouldHaveSingleItem().ToString();
        reported.ShouldContain("LORA2011");
        reported.ShouldContain(fault);
    }
}
