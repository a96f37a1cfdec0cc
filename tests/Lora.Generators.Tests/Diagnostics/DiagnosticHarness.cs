extern alias generators;

using System.Collections.Immutable;
using Basic.Reference.Assemblies;
using generators::Lora.Generators;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

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

    private static int _assemblies;

    /// <summary>Verifies the body of a loss of the model that <see cref="InModel"/> writes around it.</summary>
    public static void VerifyBody(string markedBody) => Verify(InModel(markedBody));

    /// <summary>Verifies whole files.</summary>
    public static CSharpCompilation Verify(params string[] markedFiles) => Verify(LanguageVersion.CSharp14, [], compiles: false, markedFiles);

    /// <summary>Verifies a file of an assembly that refers to others.</summary>
    public static CSharpCompilation VerifyWith(MetadataReference reference, string marked) => Verify(LanguageVersion.CSharp14, [reference], compiles: false, [marked]);

    /// <summary>Verifies whole files that have no other errors than the marked ones: users of what could not be generated see none.</summary>
    public static void VerifyAlone(params string[] markedFiles) => VerifyAlone(LanguageVersion.CSharp14, markedFiles);

    /// <inheritdoc cref="VerifyAlone(string[])"/>
    public static void VerifyAlone(LanguageVersion version, params string[] markedFiles) => Verify(version, [], compiles: true, markedFiles);

    private static CSharpCompilation Verify(LanguageVersion version, MetadataReference[] references, bool compiles, string[] markedFiles)
    {
        CSharpParseOptions options = new(version);
        List<(string Path, string Marked)> files = [("Usings.cs", ImplicitUsings), .. markedFiles.Select((marked, i) => ($"File{i}.cs", marked))];
        if (version >= LanguageVersion.CSharp13)
        {
            files.Add(("TestOperations.cs", TestOperations.Source));
        }

        CSharpCompilation compilation = Compilation(files, options, references);
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
        if (faults.Count > 0)
        {
            IEnumerable<string> sources = run.GeneratedSources.IsDefault ? [] : run.GeneratedSources.Select(source => source.SourceText.ToString());
            throw new DiagnosticFaultException(string.Join("\n", [.. faults, "", .. markedFiles, .. sources]));
        }

        AnalyzerTest.Run([new ModelAnalyzer(), new TargetAnalyzer()], files, compiles, version, references);
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

    private static CSharpCompilation Compilation(List<(string Path, string Marked)> files, CSharpParseOptions options, MetadataReference[] references) => CSharpCompilation.Create(
        $"Diagnosed{Interlocked.Increment(ref _assemblies)}",
        files.Select(file => CSharpSyntaxTree.ParseText(AnalyzerTest.TextOf(file.Marked), options, file.Path)),
        [.. Net100.References.All, GeneratorHarness.Runtime, .. references],
        new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable, allowUnsafe: true));

    // Errors, and warnings in generated code, that the user's code alone does not have.
    private static IEnumerable<Diagnostic> AddedErrors(Compilation before, Compilation after)
    {
        HashSet<string> own = [.. before.GetDiagnostics().Where(IsError).Select(diagnostic => diagnostic.ToString())];
        return after.GetDiagnostics().Where(diagnostic => !own.Contains(diagnostic.ToString())
            && (IsError(diagnostic) || (diagnostic.Severity == DiagnosticSeverity.Warning && diagnostic.Location.SourceTree?.FilePath.EndsWith(".g.cs", StringComparison.Ordinal) == true)));
    }

    private static bool IsError(Diagnostic diagnostic) => diagnostic.Severity == DiagnosticSeverity.Error;
}
