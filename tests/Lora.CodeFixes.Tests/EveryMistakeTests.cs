extern alias fixes;
extern alias generators;

using System.Text.RegularExpressions;
using fixes::Lora.CodeFixes;

namespace Lora.CodeFixes.Tests;

/// <summary>
/// A program with one mistake of each kind: it gives each diagnostic once, where the mistake is, and nothing else, though it uses what is generated.
/// With the fixes applied, and by hand where there is none, it builds without a word.
/// </summary>
public partial class EveryMistakeTests
{
    private const string Marked = """
        public sealed class {|LORA0001:NotPartial|}
        {
            [Lora] private readonly Linear _a = new(32, 32);
            [Differentiable] public Tensor Forward(Tensor x) => _a.Forward(x);
        }

        public sealed partial class Annotations(int count)
        {
            [Lora] private readonly LayerNorm {|LORA0002:_norm|} = new(32);
            [Lora(Rank = 0)] private readonly Linear {|LORA0003:_rank|} = new(32, 32);
            [Lora(Rank = 2, Alpha = float.NaN)] private readonly Linear {|LORA0006:_alpha|} = new(32, 32);
            [StateName("rank")] private readonly Linear {|LORA0007:_same|} = new(32, 32);
            [Lora] private readonly Linear {|LORA0009:_unread|} = new(32, 32);
            private readonly NotPartial _inner = new();
            public int {|LORA0010:StateDict|} = count;

            [Differentiable]
            public Tensor Forward(Tensor x) => _inner.Forward(_norm.Forward(_same.Forward(_alpha.Forward(_rank.Forward(x)))));
        }

        public sealed partial class Sizes
        {
            [Lora(Rank = 9)] private readonly Linear {|LORA0004:_large|} = new(32, 8);
            [Lora(Rank = 16)] private readonly Linear {|LORA0005:_many|} = new(32, 32);
            private readonly Linear _before = new(32, 16);
            [Differentiable] public Tensor Large(Tensor x) => {|LORA1001:_large.Forward(_before.Forward(x))|};
            [Differentiable] public Tensor Many(Tensor x) => _many.Forward(x);
        }

        public sealed partial class Tied
        {
            [Lora] private readonly Embedding {|LORA0011:_tokens|} = new(64, 32);
            [Differentiable] public Tensor Forward(ReadOnlySpan<int> ids) => Nn.Project(_tokens.Forward(ids), _tokens);
        }

        public partial class Bodies
        {
            [Lora] private readonly Linear _a = new(32, 32);
            private float _last;
            public float Last => _last;

            [Differentiable]
            public Tensor Loop(Tensor x)
            {
                int i = 0;
                {|LORA2001:while (i < 3)
                {
                    x = _a.Forward(x);
                    i++;
                }|}

                return x;
            }

            private Tensor Twice(Tensor x) => x + x;

            [Differentiable]
            public Tensor Call(Tensor x) => {|LORA2002:Twice(_a.Forward(x))|};

            [Differentiable]
            public Tensor Mutate(Tensor x)
            {
                {|LORA2003:x[0, 0] = 1|};
                return _a.Forward(x);
            }

            [Differentiable]
            public float Branch(Tensor x)
            {
                float loss = Nn.MseLoss(_a.Forward(x), x);
                return {|LORA2004:loss|} > 1 ? loss : 2 * loss;
            }

            [Differentiable]
            public float Write(Tensor x)
            {
                float loss = Nn.MseLoss(_a.Forward(x), x);
                {|LORA2005:_last = loss|};
                return loss;
            }

            [Differentiable]
            public Tensor Escape(Tensor x)
            {
                Tensor[] {|LORA2006:all = [x, _a.Forward(x)]|};
                return _a.Forward(x);
            }

            [Differentiable]
            public Tensor Parameter(Tensor x, object {|LORA2007:tag|}) => _a.Forward(x);

            [Differentiable]
            public Tensor {|LORA2008:Constant|}() => Tensor.Zeros(4, 32);

            [Differentiable]
            public virtual Tensor {|LORA2009:Virtual|}(Tensor x) => _a.Forward(x);

            [Differentiable]
            public Tensor Generated(Tensor x) => {|LORA2010:A|}.Forward(x);

            [Differentiable]
            public Tensor Square(Tensor x) => Ops.Square(Virtual(_a.Forward(x)));
        }

        public static class Ops
        {
            [Derivative("SquareBackward", Reads = Reads.Inputs)]
            public static Tensor {|LORA2011:Square|}(Tensor x) => x;
        }

        public static class Program
        {
            public static float Train(Annotations annotations, Tied tied, Bodies bodies, Tensor x)
            {
                annotations.ApplyLora(new LoraOptions { TargetModules = [{|LORA0008:"unraed"|}] });
                annotations.ForwardWithPullback(x).Backward(x);
                tied.ForwardWithPullback([1, 2]).Backward(x);
                bodies.LoopWithPullback(x).Backward(x);
                bodies.CallWithPullback(x).Backward(x);
                bodies.MutateWithPullback(x).Backward(x);
                bodies.EscapeWithPullback(x).Backward(x);
                bodies.ParameterWithPullback(x, "tag").Backward(x);
                bodies.ConstantWithPullback().Backward(x);
                bodies.VirtualWithPullback(x).Backward(x);
                bodies.GeneratedWithPullback(x).Backward(x);
                bodies.SquareWithPullback(x).Backward(x);
                var adam = new Adam([.. annotations.TrainableParameters, .. tied.TrainableParameters, .. bodies.TrainableParameters], 1e-3f);
                adam.Step();
                return bodies.BranchAndGradients(x) + bodies.WriteAndGradients(x) + annotations.Rank.Rank + annotations.Alpha.Rank + annotations.MergeUnread().InFeatures;
            }
        }
        """;

    // What the fixes leave, in the order of its ids, and how it is mended by hand.
    private static readonly (string Id, string Left, string Mended)[] _byHand =
    [
        ("LORA0007", """[StateName("rank")] private""", "private"),
        ("LORA0009", "_alpha.Forward(_rank", "_alpha.Forward(_unread.Forward(_rank"),
        ("LORA0009", "Forward(x)))));", "Forward(x))))));"),
        ("LORA0010", "public int StateDict = count;", "public int Count = count;"),
        ("LORA0011", "[Lora] private readonly Embedding", "private readonly Embedding"),
        ("LORA1001", "_before = new(32, 16)", "_before = new(32, 32)"),
        ("LORA2003", "        x[0, 0] = 1;\n", ""),
        ("LORA2005", "        _last = loss;\n", ""),
        ("LORA2006", "        Tensor[] all = [x, _a.Forward(x)];\n", ""),
        ("LORA2008", "public Tensor Constant() => Tensor.Zeros(4, 32);", "public Tensor Constant() => _a.Forward(Tensor.Zeros(4, 32));"),
        ("LORA2009", "public virtual Tensor", "public Tensor"),
    ];

    private static readonly (string Id, string Wrong, string Mended)[] _byFix =
    [
        ("LORA0001", "public sealed class {|LORA0001:NotPartial|}", "public sealed partial class NotPartial"),
        ("LORA0002", "[Lora] private readonly LayerNorm {|LORA0002:_norm|}", "private readonly LayerNorm _norm"),
        ("LORA0003", "[Lora(Rank = 0)] private readonly Linear {|LORA0003:_rank|}", "[Lora(Rank = 8)] private readonly Linear _rank"),
        ("LORA0004", "[Lora(Rank = 9)] private readonly Linear {|LORA0004:_large|}", "[Lora(Rank = 6)] private readonly Linear _large"), // 8, and then LORA0005
        ("LORA0005", "[Lora(Rank = 16)] private readonly Linear {|LORA0005:_many|}", "[Lora(Rank = 15)] private readonly Linear _many"),
        ("LORA0006", "[Lora(Rank = 2, Alpha = float.NaN)] private readonly Linear {|LORA0006:_alpha|}", "[Lora(Rank = 2, Alpha = 4)] private readonly Linear _alpha"),
        ("LORA0008", """{|LORA0008:"unraed"|}""", "\"unread\""),
        ("LORA2001", "{|LORA2001:while (i < 3)", "for (; i < 3;)"),
        ("LORA2001", "            i++;\n        }|}", "            i++;\n        }"),
        ("LORA2002", "private Tensor Twice", "[Differentiable]\n    private Tensor Twice"),
        ("LORA2002", "{|LORA2002:Twice(_a.Forward(x))|}", "Twice(_a.Forward(x))"),
        ("LORA2004", "{|LORA2004:loss|} > 1", "Nn.Stop(loss) > 1"),
        ("LORA2007", "object {|LORA2007:tag|}", "[NoDerivative] object tag"),
        ("LORA2010", "{|LORA2010:A|}.Forward(x)", "_a.Forward(x)"),
        ("LORA2011", "public static Tensor {|LORA2011:Square|}(Tensor x) => x;", """
            public static Tensor Square(Tensor x) => x;

                public static void SquareBackward(Tensor x, Tensor gradResult, Tensor? gradX)
                {
                    throw new NotImplementedException();
                }
            """),
    ];

    private static string Fixed => _byFix.Aggregate(Marked, (text, step) => ReplaceOnce(text, step.Wrong, step.Mended));

    [Fact]
    public Task EachMistakeIsReportedOnceAndMended() => FixHarness.VerifyWithEveryFix<AddDifferentiableCodeFix>(Marked, Fixed);

    [Fact]
    public Task TheMendedProgramBuilds()
    {
        string mended = _byHand.Aggregate(UnusedMark().Replace(Fixed, "${text}"), (text, step) => ReplaceOnce(text, step.Left, step.Mended));
        return FixHarness.VerifyNone<StopCodeFix>(mended);
    }

    [Fact]
    public void NoneIsLeftOut()
    {
        // LORA9001 is said of a whole project, in place of all else.
        string[] marked = [.. MarkPattern().Matches(Marked).Select(match => match.Groups["id"].Value).Order()];
        marked.ShouldBe(FixHarness.SupportedIds().Where(id => id != "LORA9001").Order());
    }

    private static string ReplaceOnce(string text, string old, string @new)
    {
        text.Split(old).Length.ShouldBe(2, $"'{old}' is not there once in:\n{text}");
        return text.Replace(old, @new, StringComparison.Ordinal);
    }

    [GeneratedRegex(@"\{\|(?<id>LORA\d{4}):")]
    private static partial Regex MarkPattern();

    [GeneratedRegex(@"\{\|LORA\d{4}:(?<text>.*?)\|\}", RegexOptions.Singleline)]
    private static partial Regex UnusedMark();
}
