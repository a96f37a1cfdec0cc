extern alias generators;

using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Diagnostics;

namespace Lora.Generators.Tests;

/// <summary>
/// Code while it is being typed: cut off after any token; with a token left out, doubled or exchanged for another one; with a whole member, statement,
/// attribute or argument left out. Neither generator nor analyzers throw, and generated code has no error where the user's has none.
/// Every token of the repository's models and samples has one of the first three done to it, which the rounds share; of the others some are tried.
/// <c>LORA_MUTATIONS=all</c> tries every variant.
/// </summary>
public class HalfTypedTests
{
    private const int Rounds = 36;
    private const int RoundsOfSmallPrograms = 12;

    // Cut off, left out, doubled: their rounds break the same tokens in the same order.
    private const int SharedMutations = 3;

    // Files of one program that are broken at the same time; the others stay whole, so that what uses them is read.
    private const int BrokenAtOnce = 12;

    [Theory]
    [InlineData(Mutation.CutOff, 2500)]
    [InlineData(Mutation.LeftOut, 2500)]
    [InlineData(Mutation.Doubled, 2500)]
    [InlineData(Mutation.Exchanged, 250)]
    public void NothingThrows(Mutation mutation, int atLeast) => Try(mutation, BrokenAtOnce, atLeast, judgedAtLeast: 0);

    // One at a time: most of these programs compile.
    [Fact]
    public void GeneratedCodeAddsNoErrors() => Try(Mutation.PieceLeftOut, brokenAtOnce: 1, atLeast: Rounds, judgedAtLeast: Rounds / 6);

    [Fact]
    public void AFaultIsNoticed()
    {
        var subject = Subject.Of([Tour.Source]);
        subject.FaultOf([(subject.Trees[0], Tour.Source)], GeneratorHarness.Analyzers, out bool isJudged).ShouldBeNull();
        isJudged.ShouldBeTrue();
        subject.FaultOf([(subject.Trees[0], Tour.Source)], [new ThrowingAnalyzer()], out _).ShouldNotBeNull().ShouldContain(ThrowingAnalyzer.Message);
    }

    private static void Try(Mutation mutation, int brokenAtOnce, int atLeast, int judgedAtLeast)
    {
        bool isFull = Environment.GetEnvironmentVariable("LORA_MUTATIONS") == "all";
        var rounds = new List<(Subject Subject, List<(SyntaxTree Tree, string Text)> Variants)>();
        int all = 0;
        foreach (Subject subject in Subjects())
        {
            List<(SyntaxTree Tree, string Text)>[] own = [.. subject.Rounds(mutation, brokenAtOnce)];
            all += own.Sum(round => round.Count);
            bool isShared = (int)mutation < SharedMutations;
            int sampled = Math.Max(1, own.Length / (subject.Trees.Length > BrokenAtOnce ? Rounds : RoundsOfSmallPrograms));
            int stride = isFull ? 1 : isShared ? SharedMutations : sampled;
            int first = !isFull && isShared ? (int)mutation : 0;
            rounds.AddRange(own.Where((_, index) => index % stride == first).Select(round => (subject, round)));
        }

        var faults = new ConcurrentBag<string>();
        int count = 0;
        int judged = 0;
        Parallel.ForEach(rounds, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, round =>
        {
            Interlocked.Add(ref count, round.Variants.Count);
            if (round.Subject.FaultOf(round.Variants, GeneratorHarness.Analyzers, out bool isJudged) is { } fault)
            {
                faults.Add(fault);
            }

            Interlocked.Add(ref judged, isJudged ? 1 : 0);
        });
        TestContext.Current.TestOutputHelper?.WriteLine($"{count} of {all} variants, {judged} programs without an error of the user's");
        count.ShouldBeGreaterThanOrEqualTo(atLeast);
        judged.ShouldBeGreaterThanOrEqualTo(judgedAtLeast);
        faults.ShouldBeEmpty($"{faults.Count} faults\n{string.Join("\n\n", faults.Order(StringComparer.Ordinal).Take(3))}");
    }

    // The tour, and the models and samples of the repository, each as one program.
    private static IEnumerable<Subject> Subjects()
    {
        yield return Subject.Of([Tour.Source]);
        foreach (string folder in Directory.GetDirectories(Path.Combine(Repository.Root, "samples")).Append(Path.Combine(Repository.Root, "src", "Lora.Models")).Order(StringComparer.Ordinal))
        {
            IEnumerable<string> paths = Directory.GetFiles(folder, "*.cs", SearchOption.AllDirectories)
                .Where(path => !Path.GetRelativePath(folder, path).StartsWith("obj", StringComparison.Ordinal)).Order(StringComparer.Ordinal);
            Subject subject = Subject.Of([.. paths.Select(File.ReadAllText)]);
            if (subject.Trees.Length > 0)
            {
                yield return subject;
            }
        }
    }

    public enum Mutation
    {
        CutOff,
        LeftOut,
        Doubled,
        Exchanged,
        PieceLeftOut,
    }

    /// <summary>A program: its files with models, and its errors before anything is broken.</summary>
    private sealed record Subject(CSharpCompilation Compilation, ImmutableArray<SyntaxTree> Trees, GeneratorDriver Driver, HashSet<string> Known)
    {
        public static Subject Of(string[] files)
        {
            CSharpCompilation compilation = GeneratorHarness.Compilation(files);
            GeneratorDriver driver = GeneratorHarness.Driver().RunGeneratorsAndUpdateCompilation(compilation, out Compilation updated, out _);
            ErrorsInGenerated(updated).ShouldBeEmpty();
            return new Subject(
                compilation, [.. compilation.SyntaxTrees.Where(tree => tree.ToString().Contains("[Differentiable]", StringComparison.Ordinal))], driver, [.. Errors(compilation).Select(TextOf)]);
        }

        /// <summary>Every variant of every file once, in rounds of several files.</summary>
        public IEnumerable<List<(SyntaxTree Tree, string Text)>> Rounds(Mutation mutation, int brokenAtOnce)
        {
            var random = new Random(1);
            Queue<(SyntaxTree Tree, string Text)>[] open =
            [
                .. Trees.Select(tree => Variants(tree, mutation, random).Select(text => (tree, text)).ToArray())
                    .Select(variants =>
                    {
                        random.Shuffle(variants);
                        return new Queue<(SyntaxTree, string)>(variants);
                    }),
            ];
            while (open.Length > 0)
            {
                random.Shuffle(open);
                yield return [.. open.Take(brokenAtOnce).Select(variants => variants.Dequeue())];
                open = [.. open.Where(variants => variants.Count > 0)];
            }
        }

        private static IEnumerable<string> Variants(SyntaxTree tree, Mutation mutation, Random random)
        {
            string text = tree.ToString();
            SyntaxNode root = tree.GetRoot();
            if (mutation == Mutation.PieceLeftOut)
            {
                return root.DescendantNodes().Where(node => node is MemberDeclarationSyntax or StatementSyntax or AttributeListSyntax or AttributeArgumentSyntax or ArgumentSyntax or InitializerExpressionSyntax)
                    .Select(node => text.Remove(node.SpanStart, node.Span.Length));
            }

            SyntaxToken[] tokens = [.. root.DescendantTokens().Where(token => token.Span.Length > 0)];
            return tokens.Select(token => mutation switch
            {
                Mutation.CutOff => text[..token.Span.End],
                Mutation.LeftOut => text.Remove(token.SpanStart, token.Span.Length),
                Mutation.Doubled => text.Insert(token.Span.End, " " + token.Text),
                _ => text.Remove(token.SpanStart, token.Span.Length).Insert(token.SpanStart, $" {tokens[random.Next(tokens.Length)].Text} "),
            });
        }

        /// <summary>What is wrong with a round; generated code is judged where the user's own has no new error.</summary>
        public string? FaultOf(IReadOnlyList<(SyntaxTree Tree, string Text)> variants, ImmutableArray<DiagnosticAnalyzer> analyzers, out bool isJudged)
        {
            isJudged = false;
            string texts = string.Join("\n\n", variants.Select(variant => variant.Text));
            CSharpCompilation edited = Compilation;
            var trees = new List<SyntaxTree>();
            foreach ((SyntaxTree tree, string text) in variants)
            {
                trees.Add(GeneratorHarness.Parse(text, tree.FilePath));
                edited = edited.ReplaceSyntaxTree(tree, trees[^1]);
            }

            GeneratorRunResult result = Driver.RunGeneratorsAndUpdateCompilation(edited, out Compilation updated, out ImmutableArray<Diagnostic> reported).GetRunResult().Results.Single();
            if (result.Exception is { } exception || !reported.IsEmpty)
            {
                return $"The generator: {result.Exception}{string.Join("\n", reported)}\n{texts}";
            }

            Exception? thrown = null;
            CompilationWithAnalyzers analysis = updated.WithAnalyzers(
                analyzers, new CompilationWithAnalyzersOptions(new AnalyzerOptions([]), (fault, _, _) => thrown = fault, concurrentAnalysis: false, logAnalyzerExecutionTime: false));
            foreach (SyntaxTree tree in trees)
            {
                analysis.GetAnalyzerSemanticDiagnosticsAsync(updated.GetSemanticModel(tree), null, CancellationToken.None).GetAwaiter().GetResult();
            }

            if (thrown is not null)
            {
                return $"An analyzer: {thrown}\n{texts}";
            }

            if (trees.Any(tree => tree.GetDiagnostics().Any(IsError)) || Errors(edited).Any(error => !Known.Contains(TextOf(error))))
            {
                return null;
            }

            isJudged = true;
            string[] added = [.. ErrorsInGenerated(updated)];
            return added.Length == 0 ? null : $"Generated code adds {string.Join("\n", added)}\n{texts}";
        }

        private static IEnumerable<string> ErrorsInGenerated(Compilation compilation) =>
            Errors(compilation).Where(error => error.Location.SourceTree?.FilePath.EndsWith(".g.cs", StringComparison.Ordinal) == true).Select(error => error.ToString());

        private static IEnumerable<Diagnostic> Errors(Compilation compilation) => compilation.GetDiagnostics().Where(IsError);

        private static string TextOf(Diagnostic diagnostic) => $"{diagnostic.Id}: {diagnostic.GetMessage(CultureInfo.InvariantCulture)}";

        private static bool IsError(Diagnostic diagnostic) => diagnostic.Severity == DiagnosticSeverity.Error;
    }
}
