namespace Lora.Generators.Tests;

/// <summary>Faults of the annotations, the classes and the rules are reported where they are.</summary>
public class AnnotationTests
{
    [Fact]
    public void NotPartial() => DiagnosticHarness.Verify(
        """
        public sealed class {|LORA0001:Model|}
        {
            [Lora] private readonly Linear _a = new(4, 4);
            [Differentiable] public Tensor Forward(Tensor x) => _a.Forward(x);
        }
        """);

    [Fact]
    public void OuterNotPartial() => DiagnosticHarness.Verify(
        """
        public class Outer
        {
            public sealed partial class {|LORA0001:Model|}
            {
                [Lora] private readonly Linear _a = new(4, 4);
                [Differentiable] public Tensor Forward(Tensor x) => _a.Forward(x);
            }
        }
        """);

    [Fact]
    public void Struct() => DiagnosticHarness.Verify(
        """
        public partial struct {|LORA0001:Model|}()
        {
            [Lora] private readonly Linear _a = new(4, 4);
            [Differentiable] public Tensor Forward(Tensor x) => _a.Forward(x);
        }
        """);

    [Fact]
    public void Interface() => DiagnosticHarness.Verify(
        """
        public partial interface {|LORA0001:IModel|}
        {
            [Differentiable] public Tensor Forward(Tensor x) => x;
        }
        """);

    [Fact]
    public void ExtensionBlock() => DiagnosticHarness.Verify(
        """
        public static partial class Extensions
        {
            extension(Tensor x)
            {
                [Differentiable] public Tensor {|LORA0001:Twice|}() => x + x;
            }

            extension(Tensor)
            {
                [Derivative("RestBackward")] public static Tensor operator {|LORA2011:%|}(Tensor a, Tensor b) => a;
            }

            public static void RestBackward(Tensor gradResult, Tensor? gradA, Tensor? gradB) { }
        }

        public sealed partial class Model
        {
            [Lora] private readonly Linear _a = new(4, 4);
            [Differentiable] public float Loss(Tensor x, Tensor target) => Nn.MseLoss(_a.Forward(x).Twice(), x % target);
        }
        """);

    [Fact]
    public void BaseIsModel() => DiagnosticHarness.Verify(
        """
        public partial class Base
        {
            [Lora] private readonly Linear _a = new(4, 4);
            [Differentiable] public Tensor Forward(Tensor x) => _a.Forward(x);
        }
        public partial class {|LORA0001:Derived|} : Base
        {
            [Lora] private readonly Linear _b = new(4, 4);
            [Differentiable] public Tensor Forward2(Tensor x) => _b.Forward(x);
        }
        """);

    [Fact]
    public void FileLocal() => DiagnosticHarness.Verify(
        """
        file partial class {|LORA0001:Model|}
        {
            [Lora] private readonly Linear _a = new(4, 4);
            [Differentiable] public Tensor Forward(Tensor x) => _a.Forward(x);
        }
        """);

    [Fact]
    public void NestedInFileLocal() => DiagnosticHarness.Verify(
        """
        file partial class Outer { public partial class {|LORA0001:Model|}
        {
            [Lora] private readonly Linear _a = new(4, 4);
            [Differentiable] public Tensor Forward(Tensor x) => _a.Forward(x);
        } }
        """);

    [Fact]
    public void FileLocalHelperTypeInBody() => DiagnosticHarness.Verify(
        """
        public partial class Model
        {
            [Lora] private readonly Linear _a = new(4, 4);
            [Differentiable] public Tensor Forward(Tensor x) => Ops.Scale(_a.Forward(x), {|LORA2001:Consts|}.Two);
        }
        file static class Consts { public static float Two => 2; }
        """);

    [Fact]
    public void LoraOnWrongMembers() => DiagnosticHarness.Verify(
        """
        public partial class Model
        {
            [Lora] private readonly Tensor {|LORA0002:_tensor|} = Tensor.Zeros(2);
            [Lora] private readonly Linear[] {|LORA0002:_many|} = [];
            [Lora] private static readonly Linear {|LORA0002:_shared|} = new(4, 4);
            [Lora] private Linear {|LORA0002:Computed|} => _a;
            [Lora] private readonly Inner {|LORA0002:_inner|} = new();
            [Lora] private readonly int {|LORA0002:_i|} = 3;
            [Lora] private readonly Linear _a = new(4, 4);
            [Differentiable] public Tensor Forward(Tensor x) => _a.Forward(x);
        }
        public partial class Inner
        {
            [Lora] private readonly Linear _a = new(4, 4);
            [Differentiable] public Tensor Forward(Tensor x) => _a.Forward(x);
        }
        """);

    [Fact]
    public void LoraFieldTarget() => DiagnosticHarness.Verify(
        """
        public partial class Model
        {
            [field: Lora] public Linear {|LORA0002:A|} { get; } = new(4, 4);
            [Differentiable] public Tensor Forward(Tensor x) => A.Forward(x);
        }
        """);

    [Fact]
    public void BadRankAlpha() => DiagnosticHarness.Verify(
        """
        public partial class Model
        {
            [Lora(Rank = 0)] private readonly Linear {|LORA0003:_a|} = new(4, 4);
            [Lora(Alpha = -1)] private readonly Linear {|LORA0006:_b|} = new(4, 4);
            [Lora(Alpha = float.NaN)] private readonly Linear {|LORA0006:_c|} = new(4, 4);
            [Differentiable] public Tensor Forward(Tensor x) => _c.Forward(_b.Forward(_a.Forward(x)));
        }
        """);

    [Fact]
    public void StateNames() => DiagnosticHarness.Verify(
        """
        public partial class Model
        {
            [Lora] private readonly Linear _a = new(4, 4);
            private readonly Linear {|LORA0007:A|} = new(4, 4);
            [StateName("a")] private readonly Linear {|LORA0007:_b|} = new(4, 4);
            [Differentiable] public Tensor Forward(Tensor x) => _b.Forward(A.Forward(_a.Forward(x)));
        }
        """);

    [Fact]
    public void StateNamesByConstants() => DiagnosticHarness.Verify(
        """
        public partial class Model
        {
            private const string Prefix = "he";
            [Lora] private readonly Linear _head = new(4, 4);
            [StateName(Prefix + "ad")] private readonly Linear {|LORA0007:_a|} = new(4, 4);
            [StateName(nameof(Model))] private readonly Linear _b = new(4, 4);
            [StateName("Model")] private readonly Linear[] {|LORA0007:_c|} = [];
            [StateName("")] private readonly Linear _d = new(4, 4);
            [StateName(null!)] public Linear {|LORA0007:D|} { get; } = new(4, 4);
            [Differentiable] public Tensor Forward(Tensor x) => _head.Forward(x);
        }
        """);

    [Fact]
    public void NestedAndGeneric() => DiagnosticHarness.VerifyAlone(
        """
        public partial class Outer<T> where T : class
        {
            protected partial interface IMiddle<U>
            {
                internal sealed partial record Model<V>(int Count)
                {
                    private const int Rank = 1 - 1;
                    [Lora(Rank = Rank)] public required partial Linear {|LORA0003:First|} { get; init; }
                    [Lora(Alpha = 1f / 0)] private readonly Linear {|LORA0006:_second|} = new(4, 4);
                    [Lora] private readonly V {|LORA0002:_third|} = default!;
                    [Lora] private readonly Linear? _fourth = new(4, 4);
                    [Differentiable] public Tensor Forward(Tensor x, T? {|LORA2007:t|}) => _fourth!.Forward(_second.Forward(First.Forward(x)));
                    [Differentiable] public Tensor Loop(Tensor x) { {|LORA2001:while (Count > 0) { }|} {|LORA2001:do { } while (true);|} }
                    public int Use(Tensor x) { ForwardWithPullback(x, null).Backward(x); return FirstLora.Rank + Second.Rank + Fourth.Rank + LoopWithPullback(x).Value.Rank; }
                }
            }
        }
        """);

    [Fact]
    public void TakenNames() => DiagnosticHarness.Verify(
        """
        public partial class Model
        {
            [Lora] private readonly Linear {|LORA0010:_a|} = new(4, 4);
            public int A, ALora, MergeB, {|LORA0010:StateDict|}, {|LORA0010:TrainableParameters|};
            [Lora] private readonly Linear {|LORA0010:_b|} = new(4, 4);
            [Differentiable] public Tensor Forward(Tensor x) => _b.Forward(_a.Forward(x));
            public void {|LORA0010:ForwardTraining|}() { }
            public int {|LORA0010:ForwardWithPullback|};
            public class {|LORA0010:ForwardActivations|} { }
        }
        """);

    [Fact]
    public void Rules() => DiagnosticHarness.Verify(
        """
        public static class Bad
        {
            [Derivative(nameof(ABackward))] public static int {|LORA2011:A|}(Tensor x) => 0;
            public static void ABackward(int gradResult, Tensor gradX) { }
            [Derivative(nameof(ReadBackward), Reads = Reads.InputsWhereTrained)] public static Tensor {|LORA2011:NoLayer|}(Tensor x) => x;
            [Derivative(nameof(ReadBackward), Reads = Reads.Inputs, GradientOver = nameof(x))] public static Tensor {|LORA2011:NotNullable|}(Tensor x) => x;
            public static void ReadBackward(Tensor x, Tensor gradResult, Tensor gradX) { }
            [Derivative(nameof(OverBackward), Reads = Reads.Inputs, GradientOver = "y")] public static Tensor {|LORA2011:NoInput|}(Tensor x) => x;
            [Derivative(nameof(OverBackward), Reads = Reads.Inputs, GradientOver = "x")] public static Tensor Over(Tensor x) => x;
            [Derivative(nameof(ReadBackward), Reads = Reads.Inputs, SharesGradient = [nameof(x)])] public static Tensor {|LORA2011:SharedNotNullable|}(Tensor x) => x;
            [Derivative(nameof(OverBackward), Reads = Reads.Inputs, SharesGradient = ["x", "y"])] public static Tensor {|LORA2011:SharedNoInput|}(Tensor x) => x;
            [Derivative(nameof(OverBackward), Reads = Reads.Inputs, SharesGradient = ["x"])] public static Tensor Shared(Tensor x) => x;
            [Derivative(nameof(NumberBackward), SharesGradient = ["x"])] public static float {|LORA2011:SharedNumber|}(Tensor x) => 0;
            public static void NumberBackward(float gradResult, Tensor? gradX) { }
            public static void OverBackward(Tensor x, Tensor gradResult, Tensor? gradX) { }
            [Derivative(nameof(OverBackward), Reads = Reads.Inputs, Recompute = true)] public static Tensor {|LORA2011:RecomputedWithoutInto|}(Tensor x) => x;
            [Derivative(nameof(HBackward), Into = nameof(CopyInto), Recompute = true)] public static Tensor {|LORA2011:RecomputedOfNothing|}(Tensor x) => x;
            [Derivative(nameof(ResultBackward), Reads = Reads.Both, Into = nameof(CopyInto), Recompute = true)] public static Tensor {|LORA2011:RecomputedAndRead|}(Tensor x) => x;
            [Derivative(nameof(OverBackward), Reads = Reads.Inputs, Into = nameof(CopyInto), Recompute = true)] public static Tensor Recomputed(Tensor x) => x;
            [Derivative(nameof(OverBackward), Reads = Reads.Inputs, Into = nameof(SpanInto), Recompute = true)] public static Tensor {|LORA2011:RecomputedOfSpan|}(Tensor x, System.ReadOnlySpan<float> factors) => x;
            public static void SpanInto(Tensor x, System.ReadOnlySpan<float> factors, Tensor result) { }
            public static void CopyInto(Tensor x, Tensor result) { }
            public static void ResultBackward(Tensor x, Tensor result, Tensor gradResult, Tensor? gradX) { }
            [Derivative("Missing")] public static Tensor {|LORA2011:B|}(Tensor x) => x;
            [Derivative(nameof(CBackward))] public static Tensor {|LORA2011:C|}(Tensor x) => x;
            public static int CBackward(Tensor gradResult, Tensor gradX) => 0;
            [Derivative(nameof(DBackward))] public static Tensor {|LORA2011:D|}(Tensor x) => x;
            public static void DBackward(Tensor gradX) { }
            [Derivative(nameof(EBackward))] public static Tensor {|LORA2011:E|}(Tensor x, Tensor y) => x;
            public static void EBackward(Tensor gradResult, Tensor gradX) { }
            [Derivative(nameof(FBackward))] public static Tensor {|LORA2011:F|}(Tensor x) => x;
            public static void FBackward(Tensor x, Tensor gradResult, Tensor gradX) { }
            [Derivative(nameof(GBackward), Reads = Reads.Inputs)] public static Tensor {|LORA2011:G|}(Tensor x) => x;
            public static void GBackward(Tensor gradResult, Tensor gradX) { }
            [Derivative(nameof(HBackward), Into = "Nope")] public static Tensor {|LORA2011:H|}(Tensor x) => x;
            public static void HBackward(Tensor gradResult, Tensor gradX) { }
            [Derivative(nameof(IBackward), Shape = nameof(IShape))] public static Tensor {|LORA2011:I|}(Tensor x) => x;
            public static void IBackward(Tensor gradResult, Tensor gradX) { }
            public static int IShape(Tensor x) => 3;
            [Derivative(nameof(JBackward), Saves = nameof(JSaves))] public static Tensor {|LORA2011:J|}(Tensor x) => x;
            public static void JBackward(Tensor saved, Tensor gradResult, Tensor gradX) { }
            public static TensorShape JSaves(Tensor x) => new(1);
            [Derivative(nameof(KBackward))] public static Tensor {|LORA2011:K|}(Tensor x) => x;
            public static void KBackward(Tensor gradResult, Tensor gradX, int other) { }
            [Derivative(nameof(LBackward))] public static Tensor {|LORA2011:L|}(Tensor x) => x;
            public void LBackward(Tensor gradResult, Tensor gradX) { }
            [Derivative(nameof(MBackward))] public static Tensor {|LORA2011:M|}(Tensor x) => x;
            public static void MBackward(ref Tensor gradResult, Tensor gradX) { }
            [Derivative(nameof(NBackward))] public static Tensor {|LORA2011:N|}(Tensor x, float s) => x;
            public static void NBackward(Tensor gradResult, Tensor gradX, float gradS) { }
            [Derivative(nameof(OBackward))] private static Tensor O(Tensor x) => x;
            private static void OBackward(Tensor gradResult, Tensor gradX) { }
            [Derivative(nameof(PBackward))] public static Tensor P(Tensor x, float s) => x;
            public static void PBackward(Tensor gradResult, Tensor gradX) { }
            [Derivative(nameof(QBackward))] public static Tensor Q(Tensor[] xs) => xs[0];
            public static void QBackward(Tensor gradResult) { }
            [Derivative(nameof(RBackward))] public static Tensor {|LORA2011:R|}<T>(Tensor x) => x;
            public static void RBackward(Tensor gradResult, Tensor gradX) { }
            [Derivative(nameof(SBackward))] public static Tensor {|LORA2011:S|}(ref Tensor x) => x;
            public static void SBackward(Tensor gradResult, Tensor gradX) { }
            [Derivative(nameof(TBackward), Into = nameof(TInto))] public static Tensor {|LORA2011:T|}(Tensor x) => x;
            public static void TInto(Tensor x, ref Tensor result) { }
            public static void TBackward(Tensor gradResult, Tensor gradX) { }
            [Derivative(nameof(UBackward), Into = nameof(UInto))] public static Tensor {|LORA2011:U|}(int n) => null!;
            public static void UInto(int n, Tensor result) { }
            public static void UBackward(Tensor gradResult) { }
        }
        """);

    [Fact]
    public void BadRuleUsed() => DiagnosticHarness.Verify(
        """
        public static class Bad
        {
            [Derivative("Missing")] public static Tensor {|LORA2011:B|}(Tensor x) => x;
        }
        public sealed partial class Model
        {
            [Lora] private readonly Linear _a = new(4, 4);
            [Differentiable] public Tensor A(Tensor x) => Bad.B(_a.Forward(x));
        }
        """);
}
