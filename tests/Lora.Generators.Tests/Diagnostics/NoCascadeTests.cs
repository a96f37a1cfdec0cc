namespace Lora.Generators.Tests;

/// <summary>Whoever uses what could not be generated sees no second error: stubs of the same signatures stand in.</summary>
public class NoCascadeTests
{
    [Fact]
    public void MembersThatCannotCarryAnAdapter() => DiagnosticHarness.VerifyAlone(
        """
        public partial class Model
        {
            [Lora] private readonly Tensor {|LORA0002:_tensor|} = Tensor.Zeros(2);
            [Lora] private readonly Linear[] {|LORA0002:_many|} = [];
            [Lora] private static readonly Linear {|LORA0002:_shared|} = new(4, 4);
            [Lora] private Linear {|LORA0002:Computed|} => _a;
            [Lora] public partial Linear[] {|LORA0002:Several|} { get; set; }
            [Lora] public static partial Linear {|LORA0002:Common|} { get; set; }
            [field: Lora] public Linear {|LORA0002:Target|} { get; } = new(4, 4);
            [Lora] private readonly Linear _a = new(4, 4);
            public Model() { Several = []; Common = new(4, 4); }
            [Differentiable] public Tensor Forward(Tensor x) => _a.Forward(x);
            public int Use() => Shared.Rank + ComputedLora.Rank + CommonLora.Rank + TargetLora.Rank + A.Rank + MergeShared().InFeatures;
        }
        """);

    [Fact]
    public void RankAndAlpha() => DiagnosticHarness.VerifyAlone(
        """
        public partial class Model
        {
            private const int None = 0;
            [Lora(Rank = -3)] private readonly Linear {|LORA0003:_a|} = new(4, 4);
            [Lora(Rank = None)] private readonly Linear {|LORA0003:_b|} = new(4, 4);
            [Lora(Rank = 4 - 5, Alpha = float.NaN)] private readonly Linear {|LORA0006:{|LORA0003:_c|}|} = new(4, 4);
            [Lora(Alpha = float.PositiveInfinity)] private readonly Linear {|LORA0006:_d|} = new(4, 4);
            [Lora(Alpha = -0f)] private readonly Linear {|LORA0006:_e|} = new(4, 4);
            [Differentiable] public Tensor Forward(Tensor x) => _e.Forward(_d.Forward(_c.Forward(_b.Forward(_a.Forward(x)))));
            public int Use(Tensor x) { ForwardWithPullback(x).Backward(x); return A.Rank + B.Rank + C.Rank + D.Rank + E.Rank; }
        }
        """);

    [Fact]
    public void TakenNames() => DiagnosticHarness.VerifyAlone(
        """
        public partial class Model
        {
            [Lora] private readonly Linear {|LORA0010:_a|} = new(4, 4);
            [Lora] private readonly Linear {|LORA0010:_b|} = new(4, 4);
            public int A, ALora, MergeB, {|LORA0010:StateDict|}, {|LORA0010:TrainableParameters|};
            public void {|LORA0010:MergeAdapters|}(bool keepOriginals = false) { }
            [Differentiable] public Tensor Forward(Tensor x) => _b.Forward(_a.Forward(x));
            [Differentiable] public float Loss(Tensor x, Tensor target) => Nn.MseLoss(Forward(x), target);
            [Differentiable] public float Second(Tensor x, Tensor target) => Loss(x, target);
            public void {|LORA0010:ForwardTraining|}() { }
            public class {|LORA0010:LossActivations|} { }
            public float Use(Tensor x, ILoraModel model) { ForwardWithPullback(x).Backward(x); model.StateDict(); MergeA(); return LossAndGradients(x, x) + SecondAndGradients(x, x) + B.Rank + A; }
        }
        public partial class Other
        {
            private readonly Model _model = new();
            [Differentiable] public float Loss(Tensor x, Tensor target) => _model.Second(_model.Forward(x), target);
            public float Use(Tensor x) => LossAndGradients(x, x) + CountParameters().Trainable;
        }
        """);

    [Fact]
    public void SubmodelThatCannotBeExtended() => DiagnosticHarness.VerifyAlone(
        """
        public class {|LORA0001:Block|}
        {
            [Lora] private readonly Linear _a = new(4, 4);
            [Differentiable] public Tensor Forward(Tensor x) => _a.Forward(x);
        }
        public partial struct {|LORA0001:Pair|}()
        {
            [Lora] private readonly Linear _a = new(4, 4);
            [Differentiable] public Tensor Forward(Tensor x) => _a.Forward(x);
        }
        public partial class Model
        {
            private readonly Block _block = new();
            private readonly Block[] _blocks = [new()];
            private readonly List<Block> _list = [new()];
            private readonly Pair _pair = new();
            [Lora] private readonly Linear _a = new(4, 4);
            [Differentiable] public Tensor Forward(Tensor x)
            {
                foreach (Block block in _blocks) { x = block.Forward(x); }
                return _a.Forward(_pair.Forward(_list[0].Forward(_block.Forward(x))));
            }
            [Differentiable] public Tensor Good(Tensor x) => _a.Forward(x);
            public Tensor Use(Tensor x) => ForwardWithPullback(GoodWithPullback(x).Value).Value;
        }
        """);

    [Fact]
    public void DerivedModel() => DiagnosticHarness.VerifyAlone(
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
        public partial class Model
        {
            private readonly Derived _derived = new();
            [Differentiable] public Tensor Forward(Tensor x) => _derived.Forward2(_derived.Forward(x));
            public Tensor Use(Tensor x) => ForwardWithPullback(x).Value;
        }
        """);

    [Fact]
    public void Methods() => DiagnosticHarness.VerifyAlone(
        """
        public interface ILayer { Tensor Explicit(Tensor x); }
        public abstract partial class Model : ILayer
        {
            [Lora] private readonly Linear _a = new(4, 4);
            [Differentiable] public Tensor {|LORA2009:Generic|}<T>(Tensor x, [NoDerivative] T t, [NoDerivative] T[]? ts = null) => _a.Forward(x);
            [Differentiable] public virtual Tensor {|LORA2009:Virtual|}(Tensor x) => _a.Forward(x);
            [Differentiable] public abstract float {|LORA2009:Abstract|}(Tensor x);
            [Differentiable] Tensor ILayer.{|LORA2009:Explicit|}(Tensor x) => _a.Forward(x);
            [Differentiable] public double {|LORA2007:Double|}(Tensor x) => 2;
            [Differentiable] public Tensor Object(Tensor x, object {|LORA2007:o|}) => _a.Forward(x);
            [Differentiable] public Tensor ByReference(Tensor x, ref int {|LORA2007:n|}) => _a.Forward(x);
            [Differentiable] public unsafe Tensor Pointer(Tensor x, int* {|LORA2007:p|}) => _a.Forward(x);
            [Differentiable] public Tensor Recursive(Tensor x) => {|LORA2009:Recursive(_a.Forward(x))|};
            [Differentiable] public Tensor While(Tensor x) { {|LORA2001:while (true) { }|} }
            [Differentiable] public Tensor Calls(Tensor x) { x = Virtual(Generic(x, 3)); x = Object(x, 3); return While(Recursive(x)); }
            public float Use(Tensor x)
            {
                GenericWithPullback(x, "a").Backward(x);
                VirtualWithPullback(x).Backward(x);
                ObjectWithPullback(x, 3).Backward(x);
                CallsWithPullback(x).Backward(x);
                return AbstractAndGradients(x) + DoubleAndGradients(x) + WhileWithPullback(x).Value.Rank;
            }
        }
        """);

    [Fact]
    public void MarkedAccessorsAndOperators() => DiagnosticHarness.VerifyAlone(
        """
        public sealed partial class Model
        {
            [Lora] private readonly Linear _a = new(4, 4);
            public Tensor Kept { [Differentiable] {|LORA2001:get|} => Tensor.Zeros(2); }
            [Differentiable] public static Tensor operator {|LORA2001:+|}(Model m, Tensor x) => x;
            [Differentiable] public Tensor Forward(Tensor x) => _a.Forward(x);
            public Tensor Use(Tensor x) => ForwardWithPullback(x).Value;
        }
        """);

    [Fact]
    public void BadRule() => DiagnosticHarness.VerifyAlone(
        """
        public static class Bad
        {
            [Derivative("Missing")] public static Tensor {|LORA2011:B|}(Tensor x) => x;
        }
        public sealed partial class Model
        {
            [Lora] private readonly Linear _a = new(4, 4);
            [Differentiable] public Tensor A(Tensor x) => Bad.B(_a.Forward(x));
            public Tensor Use(Tensor x) => AWithPullback(x).Value;
        }
        """);

    [Fact]
    public void SameStateNames() => DiagnosticHarness.VerifyAlone(
        """
        public partial class Model
        {
            [Lora] private readonly Linear _a = new(4, 4);
            private readonly Linear {|LORA0007:A|} = new(4, 4);
            [Differentiable] public Tensor Forward(Tensor x) => A.Forward(_a.Forward(x));
            public Tensor Use(Tensor x) => ForwardWithPullback(x).Value + Tensor.Zeros(ALora.Rank);
        }
        """);

    [Fact]
    public void WrappersKeepClearOfGeneratedMembers() => DiagnosticHarness.VerifyAlone(
        """
        public partial class Model
        {
            [Lora] private readonly Linear _stateDict = new(4, 4);
            [Lora] private readonly Linear _forwardTraining = new(4, 4);
            [Differentiable] public Tensor Forward(Tensor x) => _stateDict.Forward(_forwardTraining.Forward(x));
            public int Use() => StateDictLora.Rank + StateDict().Count + ForwardTrainingLora.Rank;
        }
        """);

    [Fact]
    public void UnknownAttributeSettings() => DiagnosticHarness.Verify(
        """
        public partial class Model
        {
            [Lora(Rnak = 8)] private readonly Linear _a = new(4, 4);
            [Lora(Rank = "eight")] private readonly Linear _b = new(4, 4);
            [Lora(Rank = 99999999999)] private readonly Linear _c = new(4, 4);
            [Lora(Rank = int.MaxValue + 1)] private readonly Linear _d = new(4, 4);
            [Lora(Rank = Missing)] private readonly Linear _e = new(4, 4);
            [Lora(8)] private readonly Linear _f = new(4, 4);
            [Lora(Alpha = null)] private readonly Linear _g = new(4, 4);
            [Lroa] private readonly Linear _h = new(4, 4);
            [Differentiable] public Tensor Forward(Tensor x) => _h.Forward(_g.Forward(_f.Forward(_e.Forward(_d.Forward(_c.Forward(_b.Forward(_a.Forward(x))))))));
            public int Use() => A.Rank + B.Rank + C.Rank + D.Rank + E.Rank + F.Rank + G.Rank;
        }
        """);

    [Fact]
    public void MisspeltAttributes() => DiagnosticHarness.Verify(
        """
        public partial class Model
        {
            [Lora(rank = 0)] private readonly Linear _a = new(4, 4);
            [Lora(Rank = 0, Rank = 4)] private readonly Linear {|LORA0003:_b|} = new(4, 4);
            [Lora(Rank: 0)] private readonly Linear _c = new(4, 4);
            [Lora(Rank =)] private readonly Linear _d = new(4, 4);
            [StateNam("a")] private readonly Linear _e = new(4, 4);
            [StateName] private readonly Linear _f = new(4, 4);
            [Lora.Lora(Rank = 0)] private readonly Linear {|LORA0003:_g|} = new(4, 4);
            [Lora] private readonly Linear {|LORA0009:_unread|} = new(4, 4);
            [Differentiable] public Tensor Forward(Tensor x) => _g.Forward(_f.Forward(_e.Forward(_d.Forward(_c.Forward(_b.Forward(_a.Forward(x)))))));
            [Differentable] public Tensor Second(Tensor x) { while (true) { _unread.Forward(x); } }
            [Derivativ(nameof(Missing))] public static Tensor Third(Tensor x) => x;
            public int Use(Tensor x) => ForwardWithPullback(x).Value.Rank + A.Rank + B.Rank + C.Rank + D.Rank + Unread.Rank;
        }
        """);
}
