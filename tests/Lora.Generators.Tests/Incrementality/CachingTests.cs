extern alias generators;

using System.Collections.Immutable;
using generators::Lora.Generators;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Lora.Generators.Tests;

/// <summary>What runs anew after an edit.</summary>
public class CachingTests
{
    private const string Block = """
        using Lora;

        public sealed partial class Block(int dim)
        {
            [Lora(Rank = 8, Alpha = 3)] private readonly Linear _fc = new(dim, dim);

            [Differentiable]
            public Tensor Forward(Tensor x) => Nn.Relu(_fc.Forward(x)) + x;
        }
        """;

    private const string Model = """
        using Lora;

        public sealed partial class Model
        {
            private readonly Block _block = new(16);

            public int Unrelated() => 1;

            [Differentiable]
            public float Loss(Tensor x, Tensor target) => Nn.MseLoss(_block.Forward(x) + MyOps.Same(x), target);
        }
        """;

    private const string Other = """
        using Lora;

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
            public int Value => 1;
        }

        public class Part { }
        """;

    [Fact]
    public void StepsAreListed()
    {
        CachingCheck.StepNames.ShouldNotBeEmpty();
        GeneratorRunResult result = Run(out _, Compilation()).GetRunResult().Results.Single();
        foreach (string name in CachingCheck.StepNames)
        {
            result.TrackedSteps.Keys.ShouldContain(name);
        }
    }

    [Theory]
    [InlineData("Value => 1", "Value => 2", "an unrelated member of another file")]
    [InlineData("public class Unrelated", "public class Fresh { } public class Unrelated", "a new class in another file")]
    [InlineData("Unrelated() => 1", "Unrelated() => 2", "an unrelated method of the model's class")]
    [InlineData("using Lora;\n\npublic sealed partial class Model", "using Lora;\n\n\n// A line above.\n\npublic sealed partial class Model", "lines above the class")]
    [InlineData("public float Loss", "/* a comment */ public float Loss", "a comment in the class")]
    [InlineData("_block.Forward(x) + MyOps", "_block.Forward( x )  +  MyOps", "white space in the body")]
    [InlineData("_block.Forward(x) + MyOps", "_block.Forward(x)\n    // The rest.\n    + MyOps", "an expression that is wrapped again")]
    [InlineData("new(dim, dim)", "new( dim,dim )", "white space in an initialiser")]
    [InlineData("Rank = 8", "Rank = 2 * 4", "the same rank, written differently")]
    [InlineData("Same(Tensor x) => x.Clone()", "Same(Tensor x) => Tensor.From(x.Span, x.Shape)", "the body of an operation in another file")]
    public void NothingRunsAnew(string before, string after, string edit)
    {
        GeneratorRunResult result = RunEdited(before, after);
        foreach (string name in CachingCheck.StepNames)
        {
            CachingCheck.Reasons(result, name).ShouldAllBe(
                reason => reason == IncrementalStepRunReason.Cached || reason == IncrementalStepRunReason.Unchanged, $"{name} after {edit}");
        }

        CachingCheck.OutputReasons(result).ShouldAllBe(reason => reason == IncrementalStepRunReason.Cached, edit);
    }

    [Theory]
    [InlineData("Rank = 8", "Rank = 4", "the rank")]
    [InlineData("new(dim, dim)", "new(dim, 2 * dim)", "the size of a layer, which documentation names")]
    [InlineData("Part { }", "Part { } partial class Model { private readonly Linear _added = new(2, 2); }", "a field in another file's part of the class")]
    [InlineData("Alpha = 3", "Alpha = 5", "alpha")]
    [InlineData("private readonly Linear _fc = new(dim, dim);", "private readonly Linear _fc = new(dim, dim); private readonly Linear _gate = new(dim, dim);", "a new layer")]
    [InlineData("Nn.Relu(_fc.Forward(x)) + x", "_fc.Forward(x) + x", "the body")]
    [InlineData("[Derivative(nameof(SameBackward))]", "[Derivative(nameof(SameBackward), InPlace = true)]", "the attribute of an operation in another file")]
    [InlineData("SameBackward(Tensor gradResult, Tensor? gradX)", "SameBackward(Tensor gradResult, Tensor gradX)", "the signature of a derivative in another file")]
    public void WhatDependsOnTheEditRunsAnew(string before, string after, string edit)
    {
        GeneratorRunResult result = RunEdited(before, after);
        CachingCheck.Reasons(result, TrackingNames.Model).Count(reason => reason == IncrementalStepRunReason.Modified).ShouldBe(1, edit);
        CachingCheck.OutputReasons(result).Count(reason => reason == IncrementalStepRunReason.Modified).ShouldBeLessThanOrEqualTo(1, edit);
        CachingCheck.OutputReasons(result).Count(reason => reason == IncrementalStepRunReason.Cached).ShouldBeGreaterThanOrEqualTo(1, edit);
    }

    // Both the callee and what calls it depend on the callee's signature.
    [Fact]
    public void TheSignatureOfACalleeConcernsItsCaller()
    {
        GeneratorRunResult result = RunEdited("Forward(Tensor x) => Nn.Relu", "Forward(Tensor x, float scale = 2) => scale * Nn.Relu");
        CachingCheck.Reasons(result, TrackingNames.Model).ShouldBe([IncrementalStepRunReason.Modified, IncrementalStepRunReason.Modified]);
        CachingCheck.Reasons(result, TrackingNames.Source).ShouldBe([IncrementalStepRunReason.Modified, IncrementalStepRunReason.Modified]);
    }

    [Fact]
    public void ASecondModelLeavesTheFirstCached()
    {
        CSharpCompilation compilation = Compilation();
        GeneratorDriver driver = Run(out _, compilation);
        CSharpCompilation edited = compilation.AddSyntaxTrees(GeneratorHarness.Parse(Block.Replace("class Block", "class Second"), "Second.cs"));
        GeneratorRunResult result = driver.RunGenerators(edited, TestContext.Current.CancellationToken).GetRunResult().Results.Single();
        IncrementalStepRunReason[] outputs = CachingCheck.OutputReasons(result);
        outputs.Count(reason => reason == IncrementalStepRunReason.New).ShouldBe(1);
        outputs.Count(reason => reason == IncrementalStepRunReason.Cached).ShouldBe(2);
    }

    [Fact]
    public void AnEditedModelGeneratesWhatAFreshRunGenerates()
    {
        CSharpCompilation compilation = Compilation();
        CSharpCompilation edited = Edited(compilation, "Rank = 8", "Rank = 4");
        ImmutableArray<GeneratedSourceResult> incremental = Run(out _, compilation).RunGenerators(edited, TestContext.Current.CancellationToken).GetRunResult().Results.Single().GeneratedSources;
        ImmutableArray<GeneratedSourceResult> fresh = Run(out _, edited).GetRunResult().Results.Single().GeneratedSources;
        incremental.Select(source => source.SourceText.ToString()).ShouldBe(fresh.Select(source => source.SourceText.ToString()));
        fresh.Any(source => source.SourceText.ToString().Contains("Rank = 4")).ShouldBeTrue();
    }

    [Fact]
    public void NoCompilationStaysInMemory()
    {
        (GeneratorDriver driver, WeakReference first) = RunTwice();
        for (int i = 0; i < 10 && first.IsAlive; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        first.IsAlive.ShouldBeFalse();
        GC.KeepAlive(driver);

        [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
        static (GeneratorDriver Driver, WeakReference First) RunTwice()
        {
            CSharpCompilation compilation = Compilation();
            GeneratorDriver driver = Run(out _, compilation);

            // Every tree is new, so that nothing of the first compilation is shared.
            CSharpCompilation second = Compilation();
            return (driver.RunGenerators(second), new WeakReference(compilation));
        }
    }

    [Fact]
    public void TheWalkFindsAPlantedSymbol()
    {
        CSharpCompilation compilation = Compilation();
        INamedTypeSymbol symbol = compilation.GetTypeByMetadataName("Model")!;
        CachingCheck.FindLeak(new { Deep = new object[] { 1, new { Leak = (object)symbol } } }, "planted").ShouldNotBeNull();
        CachingCheck.FindLeak(new { Deep = new object[] { 1, new { Leak = (object)symbol.Locations[0] } } }, "planted").ShouldNotBeNull();
        CachingCheck.FindLeak(new { Deep = new object[] { 1, new { Name = symbol.Name } } }, "clean").ShouldBeNull();
    }

    private static CSharpCompilation Compilation() => GeneratorHarness.Compilation(Block, Model, Other);

    private static GeneratorDriver Run(out ImmutableArray<Diagnostic> diagnostics, CSharpCompilation compilation) =>
        GeneratorHarness.Driver().RunGeneratorsAndUpdateCompilation(compilation, out _, out diagnostics);

    private static GeneratorRunResult RunEdited(string before, string after)
    {
        CSharpCompilation compilation = Compilation();
        GeneratorDriver driver = Run(out _, compilation);
        return driver.RunGenerators(Edited(compilation, before, after)).GetRunResult().Results.Single();
    }

    private static CSharpCompilation Edited(CSharpCompilation compilation, string before, string after)
    {
        SyntaxTree tree = compilation.SyntaxTrees.Single(candidate => candidate.ToString().Contains(before, StringComparison.Ordinal));
        return compilation.ReplaceSyntaxTree(tree, GeneratorHarness.Parse(tree.ToString().Replace(before, after), tree.FilePath));
    }
}
