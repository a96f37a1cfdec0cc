using System.Collections.Immutable;
using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Lora.Generators.Tests;

/// <summary>The same text for the same program, whatever surrounds the run.</summary>
public class DeterminismTests
{
    private static readonly string[] _sources =
    [
        """
        using Lora;

        public sealed partial class Block(int dim)
        {
            [Lora(Rank = 8, Alpha = 0.5f)] private readonly Linear _fc = new(dim, dim);

            [Differentiable]
            public Tensor Forward(Tensor x, float scale = 1.25f, float limit = -0f) => Nn.Relu(_fc.Forward(x)) + x;
        }
        """,
        """
        using Lora;

        public sealed partial class Model
        {
            private readonly Block _block = new(16);

            [Differentiable]
            public float Loss(Tensor x, Tensor target)
            {
                float total = 1.5f;
                for (int i = 0; i < 2; i++)
                {
                    total += 0.25f * Nn.MseLoss(_block.Forward(x), target);
                }

                return total * 1e-3f;
            }
        }
        """,
        """
        using Lora;

        public sealed partial class Second
        {
            [Lora(Rank = 1, Alpha = 1e-3f)] private readonly Linear _only = new(4, 4);
        }
        """,
    ];

    [Theory]
    [InlineData("de-DE")]
    [InlineData("fi-FI")]
    [InlineData("tr-TR")]
    [InlineData("ar-SA")]
    public void CultureDoesNotMatter(string name)
    {
        string[] expected = Texts(GeneratorHarness.Compilation(_sources));
        CultureInfo own = CultureInfo.CurrentCulture;
        try
        {
            // The tests run without culture data, so a culture's ways of writing numbers are put in by hand.
            var culture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
            culture.NumberFormat.NumberDecimalSeparator = name == "ar-SA" ? "٫" : ",";
            culture.NumberFormat.NegativeSign = name == "fi-FI" ? "−" : "-";
            culture.NumberFormat.NumberGroupSeparator = ".";
            CultureInfo.CurrentCulture = culture;
            1.5f.ToString().ShouldNotBe("1.5");
            Texts(GeneratorHarness.Compilation(_sources)).ShouldBe(expected);
        }
        finally
        {
            CultureInfo.CurrentCulture = own;
        }
    }

    [Fact]
    public void OrderOfFilesDoesNotMatter()
    {
        string[] expected = Texts(GeneratorHarness.Compilation(_sources));
        Texts(GeneratorHarness.Compilation([.. _sources.Reverse()])).ShouldBe(expected);
    }

    [Fact]
    public void LineEndsOfTheSourceDoNotMatter()
    {
        string[] expected = Texts(GeneratorHarness.Compilation(_sources));
        Texts(GeneratorHarness.Compilation([.. _sources.Select(source => source.ReplaceLineEndings("\r\n"))])).ShouldBe(expected);
        expected.ShouldAllBe(text => !text.Contains('\r'));
    }

    private static string[] Texts(CSharpCompilation compilation)
    {
        GeneratorHarness.Generate(compilation, out ImmutableArray<GeneratedSourceResult> sources);
        return [.. sources.OrderBy(source => source.HintName, StringComparer.Ordinal).Select(source => source.HintName + "\n" + source.SourceText)];
    }
}
