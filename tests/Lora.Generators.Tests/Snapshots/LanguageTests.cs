using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Lora.Generators.Tests;

/// <summary>Generated code compiles without a warning in every language version that is supported, whatever the project says of nullable references.</summary>
public class LanguageTests
{
    public static TheoryData<LanguageVersion, NullableContextOptions> Combinations { get; } = new()
    {
        { LanguageVersion.CSharp13, NullableContextOptions.Enable },
        { LanguageVersion.CSharp13, NullableContextOptions.Disable },
        { LanguageVersion.CSharp14, NullableContextOptions.Enable },
        { LanguageVersion.CSharp14, NullableContextOptions.Disable },
    };

    [Theory]
    [MemberData(nameof(Combinations))]
    public void EverySnapshotCompiles(LanguageVersion version, NullableContextOptions nullable)
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        var options = new CSharpParseOptions(version, DocumentationMode.Diagnose);
        string[] sources = [Tour.Source, OverviewTests.Source, .. SnapshotTests.Sources];
        foreach (string source in sources)
        {
            CSharpCompilation compilation = GeneratorHarness.Compilation(source);
            compilation = compilation.RemoveAllSyntaxTrees()
                .AddSyntaxTrees(compilation.SyntaxTrees.Select(tree => CSharpSyntaxTree.ParseText(tree.ToString(), options, tree.FilePath, cancellationToken: cancellation)))
                .WithOptions(compilation.Options.WithNullableContextOptions(nullable).WithGeneralDiagnosticOption(ReportDiagnostic.Error));
            GeneratorHarness.Driver().WithUpdatedParseOptions(options).RunGeneratorsAndUpdateCompilation(compilation, out Compilation updated, out ImmutableArray<Diagnostic> reported, cancellation);
            reported.ShouldBeEmpty();
            Faults(updated.GetDiagnostics(cancellation)).ShouldBeEmpty();
            Faults(GeneratorHarness.Analyze(updated)).ShouldBeEmpty();
        }
    }

    // The programs have no documentation, and layers that are too small for an adapter to save anything.
    private static IEnumerable<Diagnostic> Faults(IEnumerable<Diagnostic> diagnostics) => diagnostics.Where(diagnostic =>
        diagnostic.Severity > DiagnosticSeverity.Hidden && diagnostic.Id != "LORA0005"
        && (diagnostic.Id != "CS1591" || diagnostic.Location.SourceTree?.FilePath.EndsWith(".g.cs", StringComparison.Ordinal) == true));
}
