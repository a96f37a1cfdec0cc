extern alias generators;

using System.Collections.Immutable;
using generators::Lora.Generators;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Lora.Generators.Tests;

/// <summary>
/// What was read of a class is kept while nothing changes that it was read from. Whatever is edited, the driver writes what a fresh run writes; what
/// cannot matter reads nothing anew.
/// </summary>
public class EditElsewhereTests
{
    private const string Model = """
        using Lora;
        using Parts;

        public sealed partial class Model : Base
        {
            private readonly Block _block = new(Sizes.Width);
            [Lora(Rank = Sizes.Rank)] private readonly Linear _head = new(Sizes.Width, 4);
            [Lora] private readonly Linear _tail;
            [Lora] private readonly Linear _gate;

            public Model(Settings settings)
            {
                _tail = new(_block.Width, 4);
                _gate = new(settings.Dim, 4);
            }

            [Differentiable]
            public float Loss(Tensor x, Tensor target, Wide count, Mode mode = Mode.Second)
            {
                Tensor h = _block.Forward(x) * Helper.Scale(count);
                h = (_head.Forward(h) + _tail.Forward(h) + _gate.Forward(h)).Twice();
                return Nn.MseLoss(MyOps.Same(h), target);
            }
        }
        """;

    private const string Parts = """
        using Lora;

        namespace Parts
        {
            public sealed partial class Block
            {
                [Lora] private readonly Linear _fc;
                private readonly int _rows = 3;

                public Block(int dim) : this(dim, 2)
                {
                }

                private Block(int dim, int more)
                {
                    Width = dim * more;
                    _fc = new(dim, dim);
                }

                public int Width { get; }

                [Differentiable]
                public Tensor Forward(Tensor x) => Nn.Relu(_fc.Forward(x)) + x;
            }

            public sealed class Settings
            {
                public int Dim { get => field; }
            }

            public static class Helper
            {
                public static float Scale(long count) => Inner.Count(count);
            }

            public static class Sizes
            {
                public const int Width = 16;
                public const int Rank = 2 * Half;
                private const int Half = 2;
            }

            public enum Mode { First, Second }
        }
        """;

    private const string Others = """
        using Lora;

        public class Base
        {
            public int Kept => 1;
        }

        public static class Inner
        {
            private static readonly float _unit = 1;

            public static float Count(long count)
            {
                return count * _unit;
            }
        }

        public static partial class Extensions
        {
            [Differentiable] public static Tensor Twice(this Tensor x) => MyOps.Same(x);
        }

        public static class MyOps
        {
            [Derivative(nameof(SameBackward))]
            public static Tensor Same(Tensor x) => x.Clone();

            public static void SameBackward(Tensor gradResult, Tensor? gradX)
            {
            }
        }

        public class Unrelated
        {
            private int _value = 1;

            public int Value => 1;

            public int Compute(int size)
            {
                int twice = 2 * size;
                return twice;
            }
        }
        """;

    private const string Aliases = """
        global using Wide = System.Int64;
        """;

    [Fact]
    public void TheProgramIsWhole()
    {
        CSharpCompilation compilation = Compilation(Others);
        GeneratorHarness.Driver().RunGeneratorsAndUpdateCompilation(compilation, out Compilation updated, out _, TestContext.Current.CancellationToken);
        updated.GetDiagnostics(TestContext.Current.CancellationToken).Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error).ShouldBeEmpty();
    }

    // Each edit changes what is written for Model or for Block, without touching a declaration of theirs.
    [Theory]
    [InlineData("public Tensor Forward(Tensor x) =>", "public Tensor Forward(Tensor x, float scale = 2) => scale *", "the signature of a submodel's method")]
    [InlineData("partial class Block", "class Block", "a submodel that nothing can be added to")]
    [InlineData("public Tensor Forward(Tensor x) => Nn.Relu(_fc.Forward(x)) + x", "public Tensor Forward(Tensor x) => Nn.Relu(_fc.Forward(x))", "the body of a submodel's method")]
    [InlineData("Half = 2", "Half = 3", "a constant behind a constant")]
    [InlineData("Width = 16", "Width = 24", "a constant")]
    [InlineData("Width = dim * more", "Width = dim + more", "the constructor of a submodel, which a size depends on")]
    [InlineData(": this(dim, 2)", ": this(dim, 3)", "what a constructor calls another one with")]
    [InlineData("get => field;", "get => 3;", "an accessor that no longer stores")]
    [InlineData("get => field;", "get => Compute(); private static int Compute() => 4;", "a property that is computed")]
    [InlineData("global using Wide = System.Int64", "global using Wide = System.Int32", "an alias of the whole program")]
    [InlineData("First, Second", "Second, First", "the values of an enumeration")]
    [InlineData("public int Kept => 1;", "public int Kept => 1; protected int h;", "a member of the base class that a local is named like")]
    [InlineData("public class Unrelated", "public static class Helper { public static float Scale(long count) => 1; } public class Unrelated", "a type that a name now means")]
    [InlineData("public Tensor Forward(Tensor x) =>", "public Tensor Forward(Tensor x, float scale) => x; [Differentiable] public Tensor Forward(Tensor x) =>", "an overload")]
    [InlineData("public static float Scale(long count)", "[Derivative(\"None\")] public static float Scale(long count)", "an attribute of what is called")]
    [InlineData("public class Unrelated", "public static class Nearer { public static Tensor Twice(this Tensor x) => x; } public class Unrelated", "an extension method that is as good")]
    [InlineData("Count(long count)\n    {\n        return count * _unit;", "Count(long count)\n    {\n        return Nn.Mean(Tensor.Zeros(1));", "a body, two calls away, that runs an operation now")]
    [InlineData("=> Inner.Count(count)", "=> Nn.Mean(Tensor.Zeros(1))", "the body of what is called, which runs an operation now")]
    [InlineData("[Derivative(nameof(SameBackward))]", "[Derivative(nameof(Same))]", "which method a derivative is")]
    [InlineData("SameBackward(Tensor gradResult, Tensor? gradX)", "SameBackward(Tensor gradResult, Tensor gradX)", "the signature of a derivative")]
    [InlineData("[Differentiable] public static Tensor Twice", "public static Tensor Twice", "an extension that has no derivative any more")]
    public void WhatMattersIsSeen(string before, string after, string edit)
    {
        CSharpCompilation compilation = Compilation(Others);
        GeneratorDriver driver = Run(GeneratorHarness.Driver(), compilation);
        CSharpCompilation edited = Edited(compilation, before, after);
        ImmutableArray<GeneratedSourceResult> incremental = Sources(Run(driver, edited));
        Texts(incremental).ShouldBe(Texts(Fresh(edited)), edit);
        Texts(incremental).ShouldNotBe(Texts(Sources(driver)), edit);
    }

    [Theory]
    [InlineData("public int Value => 1", "public int Value => 2 + Value", "an expression body")]
    [InlineData("int twice = 2 * size;", "int twice = 2 * size; int more = twice;", "a statement")]
    [InlineData("int twice = 2 * size;", "int twice = 2 * ", "a statement that is half typed")]
    [InlineData("_value = 1", "_value = 2", "an initialiser")]
    [InlineData("public class Unrelated", "/// <summary>Words.</summary>\npublic class Unrelated // More.", "comments")]
    public void WhatCannotMatterReadsNothing(string before, string after, string edit)
    {
        // In a file of its own, so that nothing was read of it.
        int start = Others.IndexOf("public class Unrelated", StringComparison.Ordinal);
        CSharpCompilation compilation = Compilation(Others[..start], Others[start..]);
        GeneratorDriver driver = Run(GeneratorHarness.Driver(), compilation);
        CSharpCompilation edited = EditedIn(compilation, compilation.SyntaxTrees[^2], before, after);
        ReadAnew(edited).ShouldBe(0, edit);
        Texts(Sources(Run(driver, edited))).ShouldBe(Texts(Fresh(edited)));
    }

    [Fact]
    public void OptionsAndReferencesAreSeen()
    {
        CSharpCompilation compilation = Compilation(Others);
        GeneratorDriver driver = Run(GeneratorHarness.Driver(), compilation);
        CSharpCompilation[] changed =
        [
            compilation.WithOptions(compilation.Options.WithNullableContextOptions(NullableContextOptions.Disable)),
            compilation.AddReferences(GeneratorHarness.Twin),
            compilation.RemoveReferences(compilation.References.First(reference => reference.Display!.Contains("System.Linq"))),
            compilation.WithAssemblyName("Renamed"),
        ];
        foreach (CSharpCompilation other in changed)
        {
            ReadAnew(other).ShouldBeGreaterThan(2);
            Texts(Sources(Run(driver, other))).ShouldBe(Texts(Fresh(other)));
        }
    }

    // An older compilation again: what is kept must be that of the compilation that is asked about.
    [Fact]
    public void UndoIsSeen()
    {
        CSharpCompilation compilation = Compilation(Others);
        GeneratorDriver driver = Run(GeneratorHarness.Driver(), compilation);
        string[] before = Texts(Sources(driver));
        driver = Run(driver, Edited(compilation, "Width = 16", "Width = 24"));
        Texts(Sources(driver)).ShouldNotBe(before);
        Texts(Sources(Run(driver, compilation))).ShouldBe(before);
    }

    // Each token of the other files left out, and each written twice: a driver that saw every step writes what one writes that sees the last alone.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void EveryTokenElsewhere(int file)
    {
        CSharpCompilation compilation = Compilation(Others);
        GeneratorDriver driver = Run(GeneratorHarness.Driver(), compilation);
        SyntaxTree tree = compilation.SyntaxTrees.Single(candidate => candidate.FilePath == $"Program{file}.cs");
        string text = tree.ToString();
        int count = 0;
        foreach (SyntaxToken token in tree.GetRoot(TestContext.Current.CancellationToken).DescendantTokens().Where(token => token.Span.Length > 0))
        {
            string edited = count % 2 == 0 ? text.Remove(token.SpanStart, token.Span.Length) : text.Insert(token.Span.End, " " + token.Text);
            CSharpCompilation next = compilation.ReplaceSyntaxTree(tree, GeneratorHarness.Parse(edited, tree.FilePath));
            driver = Run(driver, next);
            Texts(Sources(driver)).ShouldBe(Texts(Fresh(next)), $"'{token}' at {token.GetLocation().GetLineSpan().StartLinePosition}");
            count++;
        }

        count.ShouldBeGreaterThan(100);
    }

    private static CSharpCompilation Compilation(params string[] others) => GeneratorHarness.Compilation([Model, Parts, .. others, Aliases]);

    private static CSharpCompilation Edited(CSharpCompilation compilation, string before, string after) =>
        EditedIn(compilation, compilation.SyntaxTrees.Single(candidate => candidate.FilePath != "Program.cs" && candidate.ToString().Contains(before, StringComparison.Ordinal)), before, after);

    private static CSharpCompilation EditedIn(CSharpCompilation compilation, SyntaxTree tree, string before, string after)
    {
        tree.ToString().ShouldContain(before);
        return compilation.ReplaceSyntaxTree(tree, GeneratorHarness.Parse(tree.ToString().Replace(before, after), tree.FilePath));
    }

    private static GeneratorDriver Run(GeneratorDriver driver, CSharpCompilation compilation) => driver.RunGenerators(compilation, TestContext.Current.CancellationToken);

    // Of trees that nothing was ever read of.
    private static ImmutableArray<GeneratedSourceResult> Fresh(CSharpCompilation compilation) =>
        Sources(Run(GeneratorHarness.Driver(), CachingCheck.ParsedAnew(compilation)));

    private static ImmutableArray<GeneratedSourceResult> Sources(GeneratorDriver driver) => driver.GetRunResult().Results.Single() is { Exception: null } result
        ? result.GeneratedSources : throw new ProgramFaultException($"The generator threw: {driver.GetRunResult().Results.Single().Exception}");

    private static string[] Texts(ImmutableArray<GeneratedSourceResult> sources) => [.. sources.Select(source => $"{source.HintName}\n{source.SourceText}")];

    // How many attributed members of the first two files would be read again; none of them is.
    private static int ReadAnew(CSharpCompilation compilation)
    {
        int count = 0;
        foreach (SyntaxNode node in compilation.SyntaxTrees.Where(tree => tree.FilePath is "Program.cs" or "Program1.cs").SelectMany(tree => tree.GetRoot().DescendantNodes()))
        {
            if (node is MethodDeclarationSyntax { AttributeLists.Count: > 0 } or VariableDeclaratorSyntax { Parent.Parent: FieldDeclarationSyntax { AttributeLists.Count: > 0 } })
            {
                try
                {
                    ModelCache.GetOrRead(node, compilation, _ => throw new NotSupportedException());
                }
                catch (NotSupportedException)
                {
                    count++;
                }
            }
        }

        return count;
    }
}
