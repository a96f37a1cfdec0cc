extern alias generators;

using System.Collections.Immutable;
using System.Globalization;
using generators::Lora.Generators;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;

namespace Lora.Generators.Tests;

/// <summary>Compiles marked text with the generator, and asserts that the shape analyzer reports what is marked, where, and nothing else.</summary>
internal static class ShapeHarness
{
    /// <summary>Verifies whole files, and gives what was reported, in the order of the text.</summary>
    public static Diagnostic[] Verify(params string[] markedFiles)
    {
        MarkedSource[] files = [.. markedFiles.Select(file => MarkedSource.Parse("using Lora;\n" + file))];
        CSharpCompilation compilation = GeneratorHarness.Compilation([.. files.Select(file => file.Text)]);
        GeneratorHarness.Driver().RunGeneratorsAndUpdateCompilation(compilation, out Compilation updated, out _);
        updated.GetDiagnostics().Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error).ShouldBeEmpty();

        string[] expected = [.. files.SelectMany((file, i) => file.Marks.Select(mark => $"{mark.Id} at '{file.Text.Substring(mark.Span.Start, mark.Span.Length)}'")).Order()];
        Diagnostic[] found = [];

        // The analyzer sees what was generated in a build, and may not in an editor: both times it must say the same.
        foreach (Compilation analyzed in new[] { compilation, updated })
        {
            found = [.. Analyze(analyzed)];
            string[] described = [.. found.Select(diagnostic => $"{diagnostic.Id} at '{diagnostic.Location.SourceTree!.ToString().Substring(diagnostic.Location.SourceSpan.Start, diagnostic.Location.SourceSpan.Length)}'").Order()];
            described.ShouldBe(expected, string.Join("\n", found.Select(diagnostic => diagnostic.ToString())));
        }

        return found;
    }

    /// <summary>Verifies one class with the constructor parameters <c>dim</c>, <c>hidden</c> and <c>heads</c>.</summary>
    public static string[] VerifyClass(string members) => [.. Verify($$"""
        public sealed partial class Model(int dim, int hidden, int heads)
        {
            public int Heads => heads;

            public int Product => dim * hidden;

        {{members}}
        }
        """).Select(diagnostic => diagnostic.GetMessage(CultureInfo.InvariantCulture))];

    /// <summary>What the shape analyzer reports of a compilation; a fault of its own is one.</summary>
    public static IEnumerable<Diagnostic> Analyze(Compilation compilation)
    {
        Exception? thrown = null;
        var analysis = compilation.WithAnalyzers(
            [new ShapeAnalyzer()],
            new CompilationWithAnalyzersOptions(new AnalyzerOptions([]), (exception, _, _) => thrown = exception, concurrentAnalysis: false, logAnalyzerExecutionTime: false));
        ImmutableArray<Diagnostic> diagnostics = analysis.GetAnalyzerDiagnosticsAsync().GetAwaiter().GetResult();
        return thrown is null ? diagnostics.OrderBy(diagnostic => diagnostic.Location.SourceSpan.Start) : throw new ProgramFaultException(thrown.ToString());
    }
}
