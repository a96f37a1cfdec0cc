extern alias generators;
extern alias reference;

using System.Collections.Concurrent;
using System.Collections.Immutable;
using Basic.Reference.Assemblies;
using generators::Lora.Generators;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;

namespace Lora.Generators.Tests;

/// <summary>Compiles text in memory, with the generator or without.</summary>
internal static class GeneratorHarness
{
    /// <summary>What the SDK would use for every file.</summary>
    public const string ImplicitUsings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Threading;
        global using System.Threading.Tasks;
        """;

    /// <summary>Every analyzer of the generator's assembly.</summary>
    public static ImmutableArray<DiagnosticAnalyzer> Analyzers { get; } =
    [
        .. typeof(LoraGenerator).Assembly.GetTypes()
            .Where(type => type.IsSubclassOf(typeof(DiagnosticAnalyzer)) && !type.IsAbstract)
            .Select(type => (DiagnosticAnalyzer)Activator.CreateInstance(type)!),
    ];

    // Compilations of one name and the same references share what Roslyn reads of these.
    private static readonly ConcurrentDictionary<(string Name, MetadataReference Lora), CSharpCompilation> _empty = [];

    public static CSharpParseOptions ParseOptions { get; } = new(LanguageVersion.CSharp14, DocumentationMode.Diagnose);

    public static MetadataReference Runtime { get; } = MetadataReference.CreateFromFile(typeof(Tensor).Assembly.Location);

    public static MetadataReference Twin { get; } = MetadataReference.CreateFromFile(typeof(reference::Lora.Tensor).Assembly.Location);

    public static CSharpCompilation Compilation(string name, IEnumerable<SyntaxTree> trees, MetadataReference lora) =>
        _empty.GetOrAdd((name, lora), static key => CSharpCompilation.Create(
            key.Name,
            [],
            [.. Net100.References.All, key.Lora],
            new CSharpCompilationOptions(
                OutputKind.DynamicallyLinkedLibrary,
                optimizationLevel: OptimizationLevel.Release,
                nullableContextOptions: NullableContextOptions.Enable,
                allowUnsafe: true))).AddSyntaxTrees(trees);

    /// <summary>A compilation as the SDK would make it: implicit usings and the runtime.</summary>
    public static CSharpCompilation Compilation(params ReadOnlySpan<string> sources) => Compilation("Program", Trees(sources), Runtime);

    public static List<SyntaxTree> Trees(params ReadOnlySpan<string> sources)
    {
        List<SyntaxTree> trees = [Parse(ImplicitUsings, "Usings.g.cs")];
        for (int i = 0; i < sources.Length; i++)
        {
            trees.Add(Parse(sources[i], i == 0 ? "Program.cs" : $"Program{i}.cs"));
        }

        return trees;
    }

    public static SyntaxTree Parse(string source, string path) => CSharpSyntaxTree.ParseText(source, ParseOptions, path);

    public static GeneratorDriver Driver() => CSharpGeneratorDriver.Create(
        [new LoraGenerator().AsSourceGenerator()],
        parseOptions: ParseOptions,
        driverOptions: new GeneratorDriverOptions(IncrementalGeneratorOutputKind.None, trackIncrementalGeneratorSteps: true));

    /// <summary>
    /// Runs the generator and the analyzers, and refuses a result that does not compile without a single warning, or whose steps would not be
    /// cached.
    /// </summary>
    public static CSharpCompilation Generate(CSharpCompilation compilation) => Generate(compilation, out _);

    /// <inheritdoc cref="Generate(CSharpCompilation)"/>
    public static CSharpCompilation Generate(CSharpCompilation compilation, out ImmutableArray<GeneratedSourceResult> sources)
    {
        GeneratorDriver driver = Driver().RunGeneratorsAndUpdateCompilation(compilation, out Compilation updated, out _);
        GeneratorRunResult result = driver.GetRunResult().Results.Single();
        if (result.Exception is { } exception)
        {
            throw new ProgramFaultException($"The generator threw: {exception}");
        }

        sources = result.GeneratedSources;
        Refuse(
            Analyze(updated).Where(diagnostic => !IsUnreadLayer(diagnostic)), updated, "The analyzers report");
        Refuse(result.Diagnostics, updated, "The generator reports");
        Refuse(updated.GetDiagnostics(), updated, "The compilation reports");
        CachingCheck.VerifySecondRun(driver, compilation);
        return (CSharpCompilation)updated;
    }

    /// <summary>What every analyzer reports of a compilation.</summary>
    public static ImmutableArray<Diagnostic> Analyze(Compilation compilation) => compilation.WithAnalyzers(Analyzers).GetAnalyzerDiagnosticsAsync().GetAwaiter().GetResult();

    public static byte[] Emit(CSharpCompilation compilation)
    {
        using var image = new MemoryStream();
        var result = compilation.Emit(image);
        Refuse(result.Diagnostics, compilation, "Emitting reports");
        return image.ToArray();
    }

    public static void RefuseErrors(CSharpCompilation compilation) =>
        Refuse(compilation.GetDiagnostics().Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error), compilation, "The twin's compilation reports");

    private static void Refuse(IEnumerable<Diagnostic> diagnostics, Compilation compilation, string what)
    {
        // CS0162 (unreachable code): random programs jump at will, and generated code repeats what they say. CS8019 (an unnecessary using) is hidden; CS1591 is the user's choice, and no test program has documentation. LORA0005: their layers are
        // so small that no adapter saves anything.
        Diagnostic[] faults = [.. diagnostics.Where(diagnostic => diagnostic.Severity > DiagnosticSeverity.Hidden && !IsUndocumentedUserCode(diagnostic) && diagnostic.Id is not ("LORA0005" or "CS0162"))];
        if (faults.Length == 0)
        {
            return;
        }

        IEnumerable<string> texts = faults.Select(fault => fault.Location.SourceTree).OfType<SyntaxTree>().Distinct()
            .Select(tree => $"// {tree.FilePath}\n{Numbered(tree.ToString())}");
        throw new ProgramFaultException($"{what}:\n{string.Join("\n", faults.AsEnumerable())}\n\n{string.Join("\n\n", texts)}");
    }

    // Programs of one operation, and random ones, do not use each of their layers.
    private static bool IsUnreadLayer(Diagnostic diagnostic) => diagnostic.Id == "LORA0009";

    private static bool IsUndocumentedUserCode(Diagnostic diagnostic) =>
        diagnostic.Id == "CS1591" && diagnostic.Location.SourceTree?.FilePath.EndsWith(".g.cs", StringComparison.Ordinal) != true;

    private static string Numbered(string text) =>
        string.Join("\n", text.Split('\n').Select((line, index) => $"{index + 1,4}  {line}"));
}
