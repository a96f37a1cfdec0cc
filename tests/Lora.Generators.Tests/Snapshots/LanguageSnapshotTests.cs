extern alias generators;

using System.Collections.Immutable;
using generators::Lora.Generators;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Lora.Generators.Tests;

/// <summary>
/// What is generated for each part of the language of differentiable bodies: to be read, compiled as C# 13 and 14 with and without nullable annotations, and run.
/// </summary>
public class LanguageSnapshotTests
{
    private static readonly Tensor _x = Inputs.Normal(1, 2, 4);
    private static readonly Tensor _target = Inputs.Normal(2, 2, 4);

    private static readonly Dictionary<string, (string Source, object?[] Arguments)> _cases = new()
    {
        ["Branch"] = (Model("""
                Tensor h = _a.Forward(x);
                if (flag)
                {
                    h = Nn.Tanh(h);
                }
                else
                {
                    h += x;
                }

                return Nn.MseLoss(h, target);
            """, "bool flag"), [_x, _target, true]),
        ["EarlyReturn"] = (Model("""
                Tensor h = _a.Forward(x);
                if (flag)
                {
                    return Nn.Mean(h * h);
                }

                return Nn.MseLoss(Nn.Relu(h), target);
            """, "bool flag"), [_x, _target, false]),
        ["LoopWithJumps"] = (Model("""
                for (int i = 0; i < count; i++)
                {
                    if (i == 1)
                    {
                        continue;
                    }

                    if (i == 3)
                    {
                        break;
                    }

                    x = Nn.Tanh(_a.Forward(x));
                }

                return Nn.MseLoss(x, target);
            """, "int count"), [_x, _target, 5]),
        ["ScalarLosses"] = (Model("""
                Tensor h = _a.Forward(x);
                float loss = 0.5f * Nn.MseLoss(h, target) + Nn.MaeLoss(h, target) / scale;
                loss -= loss * Nn.Mean(h);
                return -loss;
            """, "float scale"), [_x, _target, 3f]),
        ["Conditional"] = (Model("""
                Tensor h = flag ? _a.Forward(x) : x;
                return Nn.MseLoss(h * 2, Nn.Stop(target * target));
            """, "bool flag"), [_x, _target, true]),
        ["Dropout"] = (Model("    return Nn.MseLoss(Nn.Dropout(_a.Forward(x), 0.5f), target);"), [_x, _target]),
        ["TokensAndTiedHead"] = ("""
            using Lora;

            public sealed partial class Model
            {
                private readonly Embedding _table = new(5, 4);
                [Lora(Rank = 2, Alpha = 3)] private readonly Linear _a = new(4, 4);

                [Differentiable]
                public float Loss(ReadOnlySpan<int> ids, ReadOnlySpan<int> next) => Nn.CrossEntropy(Nn.Project(_a.Forward(_table.Forward(ids)), _table), next);
            }
            """, [new[] { 3, 1, 0 }, new[] { 1, 0, 4 }]),
        ["OptionalAndTrained"] = ("""
            #nullable enable
            using Lora;

            public sealed partial class Model
            {
                private readonly Linear? _extra;
                [Trainable] private readonly RmsNorm _norm = new(4);
                [Lora(Rank = 2, Alpha = 3, UseRsLora = true)] public partial Linear Head { get; init; }

                public Model(bool hasExtra = false)
                {
                    _extra = hasExtra ? new Linear(4, 4) : null;
                    Head = new Linear(4, 4);
                }

                [Differentiable]
                public float Loss(Tensor x, Tensor target)
                {
                    if (_extra is not null)
                    {
                        x = _extra.Forward(x);
                    }

                    return Nn.MseLoss(Head.Forward(_norm.Forward(x)), target);
                }
            }
            """, [_x, _target]),
        ["OwnOperation"] = ("""
            using Lora;

            public static class Ops
            {
                [Derivative(nameof(ScaleBackward), Reads = Reads.Inputs, Into = nameof(ScaleInto))]
                public static Tensor Scale(Tensor x, float factor)
                {
                    Tensor result = Tensor.Zeros(x.Shape);
                    ScaleInto(x, factor, result);
                    return result;
                }

                public static void ScaleInto(Tensor x, float factor, Tensor result)
                {
                    for (int i = 0; i < x.Length; i++)
                    {
                        result.Span[i] = factor * x.Span[i];
                    }
                }

                public static void ScaleBackward(Tensor x, float factor, Tensor gradResult, Tensor gradX, ref float gradFactor)
                {
                    for (int i = 0; i < x.Length; i++)
                    {
                        gradX.Span[i] += factor * gradResult.Span[i];
                        gradFactor += x.Span[i] * gradResult.Span[i];
                    }
                }
            }

            public sealed partial class Model
            {
                [Lora(Rank = 2, Alpha = 3)] private readonly Linear _a = new(4, 4);

                [Differentiable]
                public float Loss(Tensor x, Tensor target)
                {
                    Tensor h = _a.Forward(x);
                    return Nn.MseLoss(Ops.Scale(h, Nn.Mean(h)), target);
                }
            }
            """, [_x, _target]),
        ["HelperMethods"] = ("""
            using Lora;

            namespace Shop
            {
                public static partial class Helpers
                {
                    [Differentiable]
                    internal static Tensor Gated(Tensor a, Tensor b) => Nn.Sigmoid(a) * b;
                }

                public partial class Outer
                {
                    public sealed partial class Model
                    {
                        [Lora(Rank = 2, Alpha = 3)] private readonly Linear _a = new(4, 4);

                        [Differentiable]
                        private float Distance(Tensor h, [NoDerivative] Tensor target) => Nn.MseLoss(h, target);

                        [Differentiable]
                        public float Loss(Tensor x, [NoDerivative] Tensor target) => Distance(Helpers.Gated(_a.Forward(x), x), target);
                    }
                }
            }
            """, [_x, _target]),
    };

    public static TheoryData<string> Names => [.. _cases.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void IsReadable(string name)
    {
        GeneratorHarness.Generate(GeneratorHarness.Compilation(_cases[name].Source), out ImmutableArray<GeneratedSourceResult> sources);
        Snapshot.Verify(typeof(LanguageSnapshotTests), sources, name);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void IsRight(string name)
    {
        (string source, object?[] arguments) = _cases[name];

        // What stands inside Nn.Stop(…) runs eagerly, in memory of its own.
        new ProgramCheck(source, source.Contains("Outer", StringComparison.Ordinal) ? "new Outer.Model()" : "new Model()") { AllocatesByItself = source.Contains("Nn.Stop(", StringComparison.Ordinal) }
            .Verify(arguments);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void CompilesInEveryMode(string name)
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        foreach (LanguageVersion version in (LanguageVersion[])[LanguageVersion.CSharp13, LanguageVersion.CSharp14])
        {
            foreach (NullableContextOptions nullable in (NullableContextOptions[])[NullableContextOptions.Disable, NullableContextOptions.Enable])
            {
                CSharpParseOptions options = GeneratorHarness.ParseOptions.WithLanguageVersion(version);
                CSharpCompilation compilation = GeneratorHarness.Compilation(_cases[name].Source);
                compilation = compilation.RemoveAllSyntaxTrees()
                    .AddSyntaxTrees(compilation.SyntaxTrees.Select(tree => CSharpSyntaxTree.ParseText(tree.ToString(), options, tree.FilePath, cancellationToken: cancellation)))
                    .WithOptions(compilation.Options.WithNullableContextOptions(nullable));
                CSharpGeneratorDriver.Create([new LoraGenerator().AsSourceGenerator()], parseOptions: options)
                    .RunGeneratorsAndUpdateCompilation(compilation, out Compilation updated, out ImmutableArray<Diagnostic> own, cancellation);
                updated.GetDiagnostics(cancellation).Concat(own)
                    .Where(diagnostic => diagnostic.Severity >= DiagnosticSeverity.Warning && diagnostic.Id != "CS1591")
                    .ShouldBeEmpty($"{name}, {version}, nullable {nullable}");
            }
        }
    }

    private static string Model(string body, string more = "") => $$"""
        using Lora;

        public sealed partial class Model
        {
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _a = new(4, 4);

            [Differentiable]
            public float Loss(Tensor x, Tensor target{{(more.Length > 0 ? ", " : "")}}{{more}})
            {
            {{body.TrimStart()}}
            }
        }
        """;
}
