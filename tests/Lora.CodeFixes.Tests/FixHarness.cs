extern alias fixes;
extern alias generators;

using Basic.Reference.Assemblies;
using fixes::Lora.CodeFixes;
using generators::Lora.Generators;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Testing;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Testing;

namespace Lora.CodeFixes.Tests;

/// <summary>
/// Applies a code fix, one diagnostic after the other and by Fix All in document, project and solution, to source text in which diagnostics are marked,
/// with the generator running. What is not marked must not be reported, before and after, and nothing but what is marked keeps either from compiling.
/// </summary>
internal static class FixHarness
{
    private const string Usings = """
        global using System;
        global using System.Collections.Generic;
        global using System.Linq;
        global using Lora;
        """;

    /// <summary>Verifies a fix of one file.</summary>
    public static Task Verify<TFix>(string marked, string mended)
        where TFix : CodeFixProvider, new() => Verify<TFix>([marked], [mended]);

    /// <summary>Verifies a fix of several files.</summary>
    public static Task Verify<TFix>(string[] marked, string[] mended)
        where TFix : CodeFixProvider, new()
    {
        var test = new Test<TFix>();
        for (int i = 0; i < marked.Length; i++)
        {
            test.TestState.Sources.Add(($"File{i}.cs", marked[i]));
            test.FixedState.Sources.Add(($"File{i}.cs", mended[i]));
        }

        test.TestState.Sources.Add(("Usings.cs", Usings));
        test.FixedState.Sources.Add(("Usings.cs", Usings));
        return test.RunAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Verifies that there is no fix.</summary>
    public static Task VerifyNone<TFix>(string marked)
        where TFix : CodeFixProvider, new() => Verify<TFix>(marked, marked);

    /// <summary>Verifies what all fixes together leave of one file: where a diagnostic has two, <typeparamref name="TFix"/> goes first.</summary>
    public static Task VerifyWithEveryFix<TFix>(string marked, string mended)
        where TFix : CodeFixProvider, new()
    {
        var test = new Test<TFix>
        {
            AppliesEveryFix = true,
            CodeFixTestBehaviors = CodeFixTestBehaviors.SkipFixAllCheck,
            NumberOfIncrementalIterations = -100, // At most: a fix may leave a diagnostic that has another fix.
            TestState = { Sources = { ("File0.cs", marked), ("Usings.cs", Usings) } },
            FixedState = { Sources = { ("File0.cs", mended), ("Usings.cs", Usings) } },
        };
        return test.RunAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>The ids of all diagnostics.</summary>
    public static IEnumerable<string> SupportedIds() => Analyzers().SelectMany(analyzer => analyzer.SupportedDiagnostics).Select(descriptor => descriptor.Id);

    private static IEnumerable<DiagnosticAnalyzer> Analyzers() => typeof(LoraGenerator).Assembly.GetTypes()
        .Where(type => type.IsSubclassOf(typeof(DiagnosticAnalyzer)) && !type.IsAbstract)
        .Select(type => (DiagnosticAnalyzer)Activator.CreateInstance(type)!);

    private static IEnumerable<CodeFixProvider> Fixes() => typeof(EditingCodeFix).Assembly.GetTypes()
        .Where(type => type.IsSubclassOf(typeof(CodeFixProvider)) && !type.IsAbstract)
        .Select(type => (CodeFixProvider)Activator.CreateInstance(type)!);

    private sealed class Test<TFix> : CSharpCodeFixTest<EmptyDiagnosticAnalyzer, TFix, DefaultVerifier>
        where TFix : CodeFixProvider, new()
    {
        public Test()
        {
            ReferenceAssemblies = new ReferenceAssemblies("net10.0");
            TestState.AdditionalReferences.AddRange([.. Net100.References.All, MetadataReference.CreateFromFile(typeof(Tensor).Assembly.Location)]);
            TestBehaviors |= TestBehaviors.SkipGeneratedSourcesCheck;
        }

        public bool AppliesEveryFix { get; init; }

        protected override IEnumerable<DiagnosticAnalyzer> GetDiagnosticAnalyzers() => Analyzers();

        protected override IEnumerable<CodeFixProvider> GetCodeFixProviders() =>
            AppliesEveryFix ? Fixes().OrderBy(fix => fix is not TFix) : base.GetCodeFixProviders();

        protected override IEnumerable<Type> GetSourceGenerators() => [typeof(LoraGenerator)];

        protected override ParseOptions CreateParseOptions() => new CSharpParseOptions(LanguageVersion.CSharp14);

        protected override CompilationOptions CreateCompilationOptions() =>
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable, allowUnsafe: true);
    }
}
