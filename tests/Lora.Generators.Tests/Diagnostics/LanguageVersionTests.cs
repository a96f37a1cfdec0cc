using Microsoft.CodeAnalysis.CSharp;

namespace Lora.Generators.Tests;

/// <summary>A language version that generated code cannot be compiled in is one error for each model.</summary>
public class LanguageVersionTests
{
    private const string Model = """
        namespace Shop
        {
            public sealed partial class {|LORA9001:Model|}
            {
                [Lora(Rank = 2)] private readonly Linear _a = new Linear(4, 4);
                [Lora(Rank = -1)] private readonly Linear _b = new Linear(4, 4);
                [Differentiable] public Tensor Forward(Tensor x) { while (true) { } }
                [Differentiable] public float Loss(Tensor x, Tensor target) => Nn.MseLoss(Forward(x), target);
            }
            public static class Program
            {
                public static float Run(Model model, Tensor x) { model.ForwardWithPullback(x).Backward(x); model.A.Merge(); return model.LossAndGradients(x, x) + model.TrainableParameters.Count; }
            }
        }
        """;

    [Theory]
    [InlineData(LanguageVersion.CSharp10)]
    [InlineData(LanguageVersion.CSharp11)]
    public void TooOld(LanguageVersion version) => DiagnosticHarness.VerifyAlone(version, Model);

    [Theory]
    [InlineData(LanguageVersion.CSharp12)]
    [InlineData(LanguageVersion.CSharp13)]
    [InlineData(LanguageVersion.CSharp14)]
    [InlineData(LanguageVersion.Preview)]
    public void NewEnough(LanguageVersion version) => DiagnosticHarness.VerifyAlone(version, """
        namespace Shop
        {
            public enum Mode { One, Two }
            public sealed partial class Block
            {
                [Lora(Rank = 2)] private readonly Linear _a = new Linear(4, 4);
                [Differentiable] public Tensor Forward(Tensor x, Mode mode = Mode.One) => mode == Mode.One ? Nn.Gelu(_a.Forward(x)) : x;
            }
            public sealed partial class Model
            {
                [Lora(Rank = 2)] private readonly Linear _a = new Linear(4, 4);
                private readonly Block[] _blocks = { new Block(), new Block() };
                private readonly Embedding _tokens = new Embedding(4, 4);
                [Differentiable] public Tensor Forward(ReadOnlySpan<int> ids, Tensor? mask)
                {
                    Tensor x = _tokens.Forward(ids);
                    for (int i = 0; i < _blocks.Length; i++) { x = x + _blocks[i].Forward(x); if (mask is not null) { x = x + mask; } }
                    return Nn.Project(Nn.Dropout(_a.Forward(x), 0.1f), _tokens);
                }
                [Differentiable] public float Loss(ReadOnlySpan<int> ids, int[] targets) { float loss = 2 * Nn.CrossEntropy(Forward(ids, null), targets); return loss; }
            }
            public static class Program
            {
                public static float Run(Model model, int[] ids) => model.LossAndGradients(ids, ids);
            }
        }
        """);
}
