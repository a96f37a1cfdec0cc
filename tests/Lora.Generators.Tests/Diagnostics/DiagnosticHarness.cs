extern alias generators;

using System.Collections.Immutable;
using System.Globalization;
using Basic.Reference.Assemblies;
using generators::Lora.Generators;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Text;

namespace Lora.Generators.Tests;

/// <summary>
/// Compiles marked source text with the generator and the analyzer, and asserts that they report what is marked, where it is marked, and nothing
/// else; that neither throws; and that the generated code adds no error to those of the user's own code.
/// </summary>
internal static class DiagnosticHarness
{
    private const string ImplicitUsings = """
        global using System;
        global using System.Collections.Generic;
        global using System.Linq;
        global using System.Threading.Tasks;
        global using Lora;
        """;

    private static readonly ImmutableArray<DiagnosticAnalyzer> _analyzers = [new ModelAnalyzer(), new TargetAnalyzer()];

    private static int _assemblies;

    /// <summary>Verifies the body of a loss of the model that <see cref="InModel"/> writes around it.</summary>
    public static void VerifyBody(string markedBody) => Verify(InModel(markedBody));

    /// <summary>Verifies whole files.</summary>
    public static CSharpCompilation Verify(params string[] markedFiles) => Verify(LanguageVersion.CSharp14, [], markedFiles);

    /// <summary>Verifies a file of an assembly that refers to others.</summary>
    public static CSharpCompilation VerifyWith(MetadataReference reference, string marked) => Verify(LanguageVersion.CSharp14, [reference], [marked]);

    /// <summary>Verifies whole files that have no other errors than the marked ones: users of what could not be generated see none.</summary>
    public static void VerifyAlone(params string[] markedFiles) => RefuseErrors(Verify(markedFiles));

    /// <inheritdoc cref="VerifyAlone(string[])"/>
    public static void VerifyAlone(LanguageVersion version, params string[] markedFiles) => RefuseErrors(Verify(version, [], markedFiles));

    private static void RefuseErrors(CSharpCompilation compilation)
    {
        Diagnostic[] errors = [.. compilation.GetDiagnostics().Where(IsError)];
        if (errors.Length > 0)
        {
            throw new DiagnosticFaultException(string.Join("\n", [.. errors.Select(error => $"Beside the marked errors: {error}"), .. compilation.SyntaxTrees.Select(tree => tree.ToString())]));
        }
    }

    private static CSharpCompilation Verify(LanguageVersion version, MetadataReference[] references, string[] markedFiles)
    {
        CSharpParseOptions options = new(version);
        MarkedSource[] files = [.. markedFiles.Select(MarkedSource.Parse)];
        CSharpCompilation compilation = Compilation([.. files.Select(file => file.Text)], options, references);
        GeneratorDriver driver = CSharpGeneratorDriver.Create([new LoraGenerator().AsSourceGenerator()], parseOptions: options)
            .RunGeneratorsAndUpdateCompilation(compilation, out Compilation updated, out ImmutableArray<Diagnostic> generatorDiagnostics);

        var faults = new List<string>();
        GeneratorRunResult run = driver.GetRunResult().Results.Single();
        if (run.Exception is { } exception)
        {
            faults.Add($"The generator threw: {exception}");
        }

        faults.AddRange(generatorDiagnostics.Select(diagnostic => $"The generator reports {diagnostic}"));
        faults.AddRange(AddedErrors(compilation, updated).Select(error => $"Generated code adds {error}"));

        // The analyzer sees what was generated in a build, and may not in an editor: both times it must say the same.
        foreach (Compilation analyzed in new[] { updated, compilation })
        {
            string when = ReferenceEquals(analyzed, updated) ? "" : ", without the generated code";
            List<Finding> expected = [.. files.SelectMany((file, i) => file.Marks.Select(mark => new Finding(PathOf(i), mark.Span, mark.Id, "")))];
            foreach (Finding found in Analyze(analyzed))
            {
                int index = expected.FindIndex(mark => mark.Path == found.Path && mark.Span == found.Span && mark.Id == found.Id);
                if (index < 0)
                {
                    faults.Add($"Not expected{when}: {Describe(found, files)}");
                }
                else
                {
                    expected.RemoveAt(index);
                }
            }

            faults.AddRange(expected.Select(missing => $"Missing{when}: {Describe(missing, files)}"));
        }

        if (faults.Count > 0)
        {
            IEnumerable<string> sources = run.GeneratedSources.IsDefault ? [] : run.GeneratedSources.Select(source => source.SourceText.ToString());
            throw new DiagnosticFaultException(string.Join("\n", [.. faults, "", .. files.Select(file => file.Text), .. sources]));
        }

        return (CSharpCompilation)updated;
    }

    /// <summary>A model with layers, submodels and other members, around the body of its loss.</summary>
    public static string InModel(string body, string members = "") => $$"""
        using System.Threading;

        public sealed partial class Model
        {
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _first = new(4, 4);
            [Lora(Rank = 3, Alpha = 2)] private readonly Linear _second = new(4, 4);
            private readonly Linear[] _layers = [new(4, 4), new(4, 4)];
            private readonly Block _block = new();
            private readonly Block[] _blocks = [new(), new()];
            private readonly Block? _missing = null;
            private readonly int _count = 2;
            private int _plain;
            private float _number;
            private Tensor _constant = Tensor.RandomNormal(7, 3, 4);
            private static int _shared;
            private static Tensor? _sharedTensor;

            public int Plain { get => _plain + (int)_number + _shared; set => _plain = value; }

            public Tensor? Kept { get => _sharedTensor ?? _constant; set => _constant = value!; }
            {{members}}

            [Differentiable]
            public Tensor Forward(Tensor x) => _block.Forward(_first.Forward(x));

            [Differentiable]
            public Tensor Second(Tensor x) => _second.Forward(x);

            [Differentiable]
            public float Loss(Tensor x, Tensor target)
            {
                {{body}}
            }
        }

        public sealed partial class Block
        {
            [Lora(Rank = 2, Alpha = 5)] private readonly Linear _inner = new(4, 4);

            [Differentiable]
            public Tensor Forward(Tensor x) => _inner.Forward(x);
        }
        """;

    private static CSharpCompilation Compilation(string[] files, CSharpParseOptions options, MetadataReference[] references)
    {
        List<SyntaxTree> trees = [CSharpSyntaxTree.ParseText(ImplicitUsings, options, "Usings.cs")];
        if (options.LanguageVersion >= LanguageVersion.CSharp13)
        {
            trees.Add(CSharpSyntaxTree.ParseText(TestOperations.Source, options, "TestOperations.cs"));
        }

        for (int i = 0; i < files.Length; i++)
        {
            trees.Add(CSharpSyntaxTree.ParseText(files[i], options, PathOf(i)));
        }

        return CSharpCompilation.Create(
            $"Diagnosed{Interlocked.Increment(ref _assemblies)}",
            trees,
            [.. Net100.References.All, MetadataReference.CreateFromFile(typeof(Tensor).Assembly.Location), .. references],
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable, allowUnsafe: true));
    }

    private static string PathOf(int file) => $"File{file}.cs";

    // Errors, and warnings in generated code, that the user's code alone does not have.
    private static IEnumerable<Diagnostic> AddedErrors(Compilation before, Compilation after)
    {
        HashSet<string> own = [.. before.GetDiagnostics().Where(IsError).Select(diagnostic => diagnostic.ToString())];
        return after.GetDiagnostics().Where(diagnostic => !own.Contains(diagnostic.ToString())
            && (IsError(diagnostic) || (diagnostic.Severity == DiagnosticSeverity.Warning && diagnostic.Location.SourceTree?.FilePath.EndsWith(".g.cs", StringComparison.Ordinal) == true)));
    }

    private static bool IsError(Diagnostic diagnostic) => diagnostic.Severity == DiagnosticSeverity.Error;

    private static IEnumerable<Finding> Analyze(Compilation compilation)
    {
        ImmutableArray<Diagnostic> diagnostics = new CompilationWithAnalyzers(compilation, _analyzers, new CompilationWithAnalyzersOptions(
            new AnalyzerOptions([]), onAnalyzerException: null, concurrentAnalysis: false, logAnalyzerExecutionTime: false)).GetAnalyzerDiagnosticsAsync().GetAwaiter().GetResult();
        return diagnostics.Select(diagnostic => new Finding(
            diagnostic.Location.SourceTree?.FilePath ?? "", diagnostic.Location.SourceSpan, diagnostic.Id, diagnostic.GetMessage(CultureInfo.InvariantCulture)));
    }

    private static string Describe(Finding finding, MarkedSource[] files)
    {
        int file = Array.FindIndex([.. files.Select((_, i) => PathOf(i))], path => path == finding.Path);
        string text = file < 0 ? "" : files[file].Text.Substring(finding.Span.Start, finding.Span.Length);
        return $"{finding.Id} at '{text}' in {finding.Path}. {finding.Message}";
    }

    private sealed record Finding(string Path, TextSpan Span, string Id, string Message);
}
