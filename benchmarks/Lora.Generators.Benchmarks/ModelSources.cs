using Basic.Reference.Assemblies;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Lora.Generators.Benchmarks;

/// <summary>The program that is measured: models of 7 adapters and 4 methods, one a file, and a file that has nothing to do with them.</summary>
internal static class ModelSources
{
    public const int Models = 100;

    private const string Usings = """
        global using System;
        global using System.Collections.Generic;
        global using System.Linq;
        """;

    public static CSharpParseOptions ParseOptions { get; } = new(LanguageVersion.CSharp14);

    /// <summary>A compilation that shares nothing with another one but the references.</summary>
    public static CSharpCompilation Compile(int models = Models)
    {
        IEnumerable<SyntaxTree> trees = Enumerable.Range(0, models).Select(index => Parse(Model(index), $"Block{index}.cs"));
        return CSharpCompilation.Create(
            "Measured",
            [Parse(Usings, "Usings.cs"), Parse(Unrelated(0), "Unrelated.cs"), .. trees],
            References,
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));
    }

    public static MetadataReference[] References { get; } = [.. Net100.References.All, MetadataReference.CreateFromFile(typeof(Tensor).Assembly.Location)];

    /// <summary>The compilation after a keystroke in a body of the file that has nothing to do with the models, or after a new name in it.</summary>
    public static CSharpCompilation Edit(CSharpCompilation compilation, int edit, string name = "Value")
    {
        SyntaxTree tree = compilation.SyntaxTrees.Single(candidate => candidate.FilePath == "Unrelated.cs");
        return compilation.ReplaceSyntaxTree(tree, Parse(Unrelated(edit, name), "Unrelated.cs"));
    }

    /// <summary>Writes the program as files, for a compiler of its own.</summary>
    public static string[] Write(string folder)
    {
        var paths = new List<string>();
        foreach (SyntaxTree tree in Compile().SyntaxTrees)
        {
            paths.Add(Path.Combine(folder, tree.FilePath));
            File.WriteAllText(paths[^1], tree.ToString());
        }

        return [.. paths];
    }

    private static SyntaxTree Parse(string text, string path) => CSharpSyntaxTree.ParseText(text, ParseOptions, path);

    private static string Unrelated(int edit, string name = "Value") => $$"""
        namespace Measured;

        public static class Unrelated
        {
            public static int {{name}} => {{edit}};
        }
        """;

    private static string Model(int index) => $$"""
        using Lora;

        namespace Measured;

        public sealed partial class Block{{index}}(int dim, int hidden, int heads)
        {
            private readonly RmsNorm _inputNorm = new(dim);
            private readonly RmsNorm _outputNorm = new(dim);
            [Lora(Rank = 8, Alpha = 16)] private readonly Linear _qProj = new(dim, dim);
            [Lora(Rank = 8, Alpha = 16)] private readonly Linear _kProj = new(dim, dim);
            [Lora(Rank = 8, Alpha = 16)] private readonly Linear _vProj = new(dim, dim);
            [Lora(Rank = 8, Alpha = 16)] private readonly Linear _oProj = new(dim, dim);
            [Lora(Rank = 8, Alpha = 16)] private readonly Linear _gateProj = new(dim, hidden);
            [Lora(Rank = 8, Alpha = 16)] private readonly Linear _upProj = new(dim, hidden);
            [Lora(Rank = 8, Alpha = 16)] private readonly Linear _downProj = new(hidden, dim);

            [Differentiable]
            public Tensor Attend(Tensor x)
            {
                Tensor h = _inputNorm.Forward(x);
                Tensor q = _qProj.Forward(h);
                Tensor k = _kProj.Forward(h);
                Tensor v = _vProj.Forward(h);
                return _oProj.Forward(Nn.CausalAttention(q, k, v, heads));
            }

            [Differentiable]
            public Tensor Feed(Tensor x)
            {
                Tensor h = _outputNorm.Forward(x);
                Tensor gated = Nn.SwiGlu(_gateProj.Forward(h), _upProj.Forward(h));
                return _downProj.Forward(gated);
            }

            [Differentiable]
            public Tensor Forward(Tensor x, bool isDeep)
            {
                x = x + Attend(x);
                if (isDeep)
                {
                    x = x + Feed(x);
                }

                return x;
            }

            [Differentiable]
            public float Loss(Tensor x, Tensor target, int repeats)
            {
                float loss = 0;
                for (int i = 0; i < repeats; i++)
                {
                    x = Forward(x, isDeep: true);
                    loss += 0.5f * Nn.MseLoss(x, target);
                }

                return loss + 0.1f * Nn.MaeLoss(x, target);
            }
        }
        """;
}
