extern alias generators;

using System.Collections.Immutable;
using Basic.Reference.Assemblies;
using generators::Lora.Generators;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Testing;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Testing;
using Microsoft.CodeAnalysis.Text;

namespace Lora.Generators.Tests;

/// <summary>
/// Runs analyzers over source text in which spans are marked, <c>{|LORA2001:while (true) { }|}</c>: what is marked is to be reported and nothing else,
/// with what is generated, as in a build, and without it, as it may be in an editor.
/// </summary>
internal sealed class AnalyzerTest : CSharpAnalyzerTest<EmptyDiagnosticAnalyzer, DefaultVerifier>
{
    private readonly DiagnosticAnalyzer[] _analyzers;
    private readonly LanguageVersion _version;
    private readonly bool _isGenerated;

    private AnalyzerTest(DiagnosticAnalyzer[] analyzers, LanguageVersion version, bool isGenerated)
    {
        _analyzers = analyzers;
        _version = version;
        _isGenerated = isGenerated;
        ReferenceAssemblies = new ReferenceAssemblies("net10.0");
        TestState.AdditionalReferences.AddRange([.. Net100.References.All, GeneratorHarness.Runtime]);
        // That a diagnostic can be suppressed is tested once for each, with the code fixes.
        TestBehaviors = TestBehaviors.SkipGeneratedSourcesCheck | TestBehaviors.SkipSuppressionCheck;
    }

    /// <summary>Verifies whole files, each with its path. With what is generated they compile, or may have errors of their own.</summary>
    public static void Run(
        DiagnosticAnalyzer[] analyzers,
        IReadOnlyList<(string Path, string Marked)> files,
        bool compiles,
        LanguageVersion version = LanguageVersion.CSharp14,
        params MetadataReference[] references)
    {
        foreach (bool isGenerated in new[] { true, false })
        {
            var test = new AnalyzerTest(analyzers, version, isGenerated)
            {
                CompilerDiagnostics = compiles && isGenerated ? CompilerDiagnostics.Errors : CompilerDiagnostics.None,
            };
            test.TestState.AdditionalReferences.AddRange(references);
            foreach ((string path, string marked) in files)
            {
                test.TestState.Sources.Add((path, marked));
            }

            test.RunAsync(TestContext.Current.CancellationToken).GetAwaiter().GetResult();
        }
    }

    /// <summary>The text without its marks.</summary>
    public static string TextOf(string marked)
    {
        TestFileMarkupParser.GetSpans(marked, out string text, out ImmutableDictionary<string, ImmutableArray<TextSpan>> _);
        return text;
    }

    protected override IEnumerable<DiagnosticAnalyzer> GetDiagnosticAnalyzers() => _analyzers;

    protected override IEnumerable<Type> GetSourceGenerators() => _isGenerated ? [typeof(LoraGenerator)] : [];

    protected override ParseOptions CreateParseOptions() => new CSharpParseOptions(_version);

    protected override CompilationOptions CreateCompilationOptions() =>
        new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable, allowUnsafe: true);
}
