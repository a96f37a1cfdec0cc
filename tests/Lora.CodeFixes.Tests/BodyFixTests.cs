extern alias fixes;

using fixes::Lora.CodeFixes;

namespace Lora.CodeFixes.Tests;

/// <summary>Fixes of what stands in bodies: LORA2001 to LORA2010.</summary>
public class BodyFixTests
{
    [Fact]
    public Task RewritesLoops() => FixHarness.Verify<RewriteCodeFix>(
        InModel("""
            int i = 0;
            {|LORA2001:while (i < 3) // Three times.
            {
                x = _a.Forward(x);
                i++;
                {|LORA2001:while (true)
                    break;|}
            }|}

            return Nn.MseLoss(x, target);
            """),
        InModel("""
            int i = 0;
            for (; i < 3;) // Three times.
            {
                x = _a.Forward(x);
                i++;
                for (; ; )
                    break;
            }

            return Nn.MseLoss(x, target);
            """));

    [Fact]
    public Task RewritesAssignments() => FixHarness.Verify<RewriteCodeFix>(
        InModel("""
            Tensor? k = _count > 1 ? x : null;
            {|LORA2001:k ??= _a.Forward(x)|};
            Tensor y = {|LORA2001:_mask ?? x|};
            float loss = Nn.MseLoss({|LORA2001:_mask ?? k|}, y);
            {|LORA2001:loss++|};
            {|LORA2001:--loss|};
            {|LORA2001:(Tensor a, Tensor b) = (x, target)|};
            {|LORA2001:var (c, d) = (_a.Forward(b), a)|};
            return loss + Nn.MseLoss(c, d);
            """),
        InModel("""
            Tensor? k = _count > 1 ? x : null;
            if (k is null)
            {
                k = _a.Forward(x);
            }
            Tensor y = _mask is not null ? _mask : x;
            float loss = Nn.MseLoss(_mask is not null ? _mask : k, y);
            loss += 1;
            loss -= 1;
            Tensor a = x;
            Tensor b = target;
            var c = _a.Forward(b);
            var d = a;
            return loss + Nn.MseLoss(c, d);
            """));

    [Fact]
    public Task RewritesSwitches() => FixHarness.Verify<RewriteCodeFix>(
        InModel("""
            {|LORA2001:switch (_count)
            {
                case 1:
                case 2:
                    x = _a.Forward(x);
                    break;
                case > 5 when target.Rank > 1:
                    {
                        return Nn.MseLoss(x, target);
                    }

                default:
                    foreach (int i in new[] { 1, 2 })
                    {
                        if (i == _count)
                        {
                            break;
                        }

                        x = x + x;
                    }

                    break;
            }|}

            x = {|LORA2001:_count switch { 1 => x, > 3 and < 5 => _a.Forward(x), _ => x + x }|};
            return Nn.MseLoss(x, target);
            """),
        InModel("""
            if (_count is 1 || _count is 2)
            {
                x = _a.Forward(x);
            }
            else if (_count is > 5 && (target.Rank > 1))
            {
                return Nn.MseLoss(x, target);
            }
            else
            {
                foreach (int i in new[] { 1, 2 })
                {
                    if (i == _count)
                    {
                        break;
                    }

                    x = x + x;
                }
            }

            x = _count is 1 ? x : _count is > 3 and < 5 ? _a.Forward(x) : x + x;
            return Nn.MseLoss(x, target);
            """));

    [Theory]
    [InlineData("{|LORA2001:(x, target) = (target, x)|};")]
    [InlineData("{|LORA2001:switch (_count) { case 1: if (x.Rank == 2) { break; } x = _a.Forward(x); break; }|}")]
    [InlineData("{|LORA2001:switch (_count++) { case 1: break; }|}")]
    [InlineData("x = {|LORA2001:_count switch { 1 => x, 2 => target }|};")]
    [InlineData("{|LORA2001:do { x = _a.Forward(x); } while (x.Rank > 9);|}")]
    [InlineData("{|LORA2001:try { x = _a.Forward(x); } finally { }|}")]
    [InlineData("x = {|LORA2001:Next() ?? x|};")]
    public Task LeavesWhatIsNotMechanical(string statement) => FixHarness.VerifyNone<RewriteCodeFix>(InModel($"{statement}\nreturn Nn.MseLoss(x, target);"));

    [Fact]
    public Task StopsGradients() => FixHarness.Verify<StopCodeFix>(
        InModel("""
            float loss = Nn.MseLoss(_a.Forward(x), target);
            if ({|LORA2004:loss|} > 1 && {|LORA2004:x|}[0, 0] > 0)
            {
                return {|LORA2002:MathF.Sqrt(loss)|};
            }

            for (int i = 0; i < {|LORA2004:_a.Forward(x)|}.Span[0]; i++)
            {
                x = {|LORA2002:Ops.Foreign(x)|};
            }

            {|LORA2002:Console.WriteLine(loss)|};
            return Nn.MseLoss(x, {|LORA2002:x.Clone()|});
            """),
        InModel("""
            float loss = Nn.MseLoss(_a.Forward(x), target);
            if (Nn.Stop(loss) > 1 && Nn.Stop(x)[0, 0] > 0)
            {
                return Nn.Stop(MathF.Sqrt(loss));
            }

            for (int i = 0; i < Nn.Stop(_a.Forward(x)).Span[0]; i++)
            {
                x = Nn.Stop(Ops.Foreign(x));
            }

            Console.WriteLine(Nn.Stop(loss));
            return Nn.MseLoss(x, Nn.Stop(x.Clone()));
            """));

    [Fact]
    public Task MarksTheCallee() => FixHarness.Verify<AddDifferentiableCodeFix>(
        [
            InModel("""
                x = {|LORA2002:Scale(x)|};
                x = {|LORA2002:Helpers.Twice(x)|};
                x = {|LORA2002:x.Twice()|};
                return Nn.MseLoss(_a.Forward(x), target);
                """, """
                // Scales.
                private Tensor Scale(Tensor x) => x * 2f;
                """),
            """
            public static class Helpers
            {
                /// <summary>Doubles.</summary>
                public static Tensor Twice(this Tensor x)
                {
                    return x + x;
                }
            }
            """,
        ],
        [
            InModel("""
                x = Scale(x);
                x = Helpers.Twice(x);
                x = x.Twice();
                return Nn.MseLoss(_a.Forward(x), target);
                """, """
                // Scales.
                [Differentiable]
                private Tensor Scale(Tensor x) => x * 2f;
                """),
            """
            public static partial class Helpers
            {
                /// <summary>Doubles.</summary>
                [Differentiable]
                public static Tensor Twice(this Tensor x)
                {
                    return x + x;
                }
            }
            """,
        ]);

    [Fact]
    public Task MarksParameters() => FixHarness.Verify<NoDerivativeCodeFix>(
        """
        public sealed partial class Model
        {
            [Lora] private readonly Linear _a = new(32, 32);
            [Differentiable] public Tensor Forward(Tensor x, object {|LORA2007:o|}, double {|LORA2007:d|} = 2,
                Tensor[]? {|LORA2007:ts|} = null) => _a.Forward(x);
        }
        """,
        """
        public sealed partial class Model
        {
            [Lora] private readonly Linear _a = new(32, 32);
            [Differentiable] public Tensor Forward(Tensor x, [NoDerivative] object o, [NoDerivative] double d = 2,
                [NoDerivative] Tensor[]? ts = null) => _a.Forward(x);
        }
        """);

    [Fact]
    public Task ParametersByReferenceStay() => FixHarness.VerifyNone<NoDerivativeCodeFix>(
        """
        public sealed partial class Model
        {
            [Lora] private readonly Linear _a = new(32, 32);
            [Differentiable] public Tensor Forward(Tensor x, ref int {|LORA2007:n|}) => _a.Forward(x);
        }
        """);

    [Fact]
    public Task UsesTheOwnMember() => FixHarness.Verify<OwnMemberCodeFix>(
        """
        public sealed partial class Block
        {
            [Lora] public Linear Inner { get; } = new(32, 32);
            [Differentiable] public Tensor Forward(Tensor x) => Inner.Forward(x);
        }
        public sealed partial class Model
        {
            private readonly Block _block = new();
            [Lora] private readonly Linear _first = new(32, 32);
            [Differentiable] public Tensor Forward(Tensor x) => _first.Forward(x);
            [Differentiable] public float Loss(Tensor x, Tensor target)
            {
                x = {|LORA2010:First|}.Forward(x);
                x = this.{|LORA2010:First|}.Forward(x);
                x = {|LORA2010:MergeFirst|}().Forward(x);
                x = _block.{|LORA2010:InnerLora|}.Forward(x);
                x = _block.{|LORA2010:MergeInner|}().Forward(x);
                x = {|LORA2010:ForwardWithPullback|}(x).Value;
                x = _block.{|LORA2010:ForwardWithPullback|}(x).Value;
                x = {|LORA2010:ForwardTraining|}(x, null!, null!);
                return Nn.MseLoss(x, target);
            }
            [Differentiable] public float Twice(Tensor x) => 2 * {|LORA2010:LossAndGradients|}(x, x);
        }
        """,
        """
        public sealed partial class Block
        {
            [Lora] public Linear Inner { get; } = new(32, 32);
            [Differentiable] public Tensor Forward(Tensor x) => Inner.Forward(x);
        }
        public sealed partial class Model
        {
            private readonly Block _block = new();
            [Lora] private readonly Linear _first = new(32, 32);
            [Differentiable] public Tensor Forward(Tensor x) => _first.Forward(x);
            [Differentiable] public float Loss(Tensor x, Tensor target)
            {
                x = _first.Forward(x);
                x = this._first.Forward(x);
                x = _first.Forward(x);
                x = _block.Inner.Forward(x);
                x = _block.Inner.Forward(x);
                x = Forward(x);
                x = _block.Forward(x);
                x = Forward(x);
                return Nn.MseLoss(x, target);
            }
            [Differentiable] public float Twice(Tensor x) => 2 * Loss(x, x);
        }
        """);

    [Fact]
    public Task WritesDerivatives() => FixHarness.Verify<WriteDerivativeCodeFix>(
        """
        public static class Ops
        {
            [Derivative("MulBackward", Reads = Reads.Inputs)]
            public static Tensor {|LORA2011:Mul|}(Tensor a, Tensor b, int axis, [NoDerivative] float by, float @scale) => a;

            [Derivative("AbsBackward", Reads = Reads.Inputs)]
            internal static float {|LORA2011:Abs|}(Tensor x) => 0;

            [Derivative(nameof(SquareBackward))]
            public static Tensor {|LORA2011:Square|}(Tensor x) => x;

            public static void SquareBackward(Tensor x, Tensor gradResult, Tensor gradX) { }

            [Derivative(nameof(CubeBackward))]
            public static Tensor {|LORA2011:Cube|}(Tensor x) => x;

            public static void CubeBackward(Tensor wrong) { }

            [Derivative(nameof(NegateBackward), Into = "NegateInto", Shape = nameof(NegateShape), Saves = nameof(NegateShape))]
            public static Tensor {|LORA2011:Negate|}(Tensor x) => x;

            public static void NegateBackward(Tensor saved, Tensor gradResult, Tensor gradX) { }

            public static TensorShape NegateShape(Tensor x) => new(1);
        }
        """,
        """
        public static class Ops
        {
            [Derivative("MulBackward", Reads = Reads.Inputs)]
            public static Tensor Mul(Tensor a, Tensor b, int axis, [NoDerivative] float by, float @scale) => a;

            public static void MulBackward(Tensor a, Tensor b, int axis, float by, float scale, Tensor gradResult, Tensor? gradA, Tensor? gradB, ref float gradScale)
            {
                throw new NotImplementedException();
            }

            [Derivative("AbsBackward", Reads = Reads.Inputs)]
            internal static float Abs(Tensor x) => 0;

            internal static void AbsBackward(Tensor x, float gradResult, Tensor? gradX)
            {
                throw new NotImplementedException();
            }

            [Derivative(nameof(SquareBackward), Reads = Reads.Inputs)]
            public static Tensor Square(Tensor x) => x;

            public static void SquareBackward(Tensor x, Tensor gradResult, Tensor gradX) { }

            [Derivative(nameof(CubeBackward))]
            public static Tensor Cube(Tensor x) => x;

            public static void CubeBackward(Tensor gradResult, Tensor? gradX)
            {
                throw new NotImplementedException();
            }

            public static void CubeBackward(Tensor wrong) { }

            [Derivative(nameof(NegateBackward), Into = "NegateInto", Shape = nameof(NegateShape), Saves = nameof(NegateShape))]
            public static Tensor Negate(Tensor x) => x;

            public static void NegateInto(Tensor x, Tensor result, Tensor saved)
            {
                throw new NotImplementedException();
            }

            public static void NegateBackward(Tensor saved, Tensor gradResult, Tensor gradX) { }

            public static TensorShape NegateShape(Tensor x) => new(1);
        }
        """);

    private static string InModel(string body, string members = "") => $$"""
        public static partial class Ops
        {
            [NoDerivative] private static Tensor Own(Tensor x) => x;
            public static Tensor Foreign(Tensor x) => Own(x);
        }
        public sealed partial class Model
        {
            [Lora] private readonly Linear _a = new(32, 32);
            private readonly Tensor? _mask = null;
            private int _count = 2;
            public int Count { get => _count; set => _count = value; }
            private static Tensor? Next() => null;
            {{members.ReplaceLineEndings("\n    ")}}

            [Differentiable]
            public Tensor Forward(Tensor x) => _a.Forward(x);

            [Differentiable]
            public float Loss(Tensor x, Tensor target)
            {
                {{body.ReplaceLineEndings("\n        ").Replace("\n        \n", "\n\n")}}
            }
        }
        """;
}
