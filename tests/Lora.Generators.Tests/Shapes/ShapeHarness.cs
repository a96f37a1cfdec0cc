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
        (string Path, string Marked)[] files = [.. markedFiles.Select((marked, i) => ($"File{i}.cs", "using Lora;\n" + marked))];
        CSharpCompilation compilation = GeneratorHarness.Compilation([.. files.Select(file => AnalyzerTest.TextOf(file.Marked))]);
        GeneratorHarness.Driver().RunGeneratorsAndUpdateCompilation(compilation, out Compilation updated, out _);
        AnalyzerTest.Run([new ShapeAnalyzer()], [("Usings.cs", GeneratorHarness.ImplicitUsings), .. files], compiles: true);
        return [.. Analyze(updated)];
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
