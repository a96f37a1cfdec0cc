namespace Lora.Generators.Tests;

/// <summary>Methods, parameters and calls that cannot be differentiated are reported where they are.</summary>
public class MethodTests
{
    [Fact]
    public void RecursionDirect() => DiagnosticHarness.Verify(
        """
        public partial class Model
        {
            [Lora] private readonly Linear _a = new(4, 4);
            [Differentiable] public Tensor Forward(Tensor x) => {|LORA2009:Forward(_a.Forward(x))|};
        }
        """);

    [Fact]
    public void RecursionMutual() => DiagnosticHarness.Verify(
        """
        public partial class Model
        {
            [Lora] private readonly Linear _a = new(4, 4);
            [Differentiable] public Tensor One(Tensor x) => {|LORA2009:Two(_a.Forward(x))|};
            [Differentiable] public Tensor Two(Tensor x) => {|LORA2009:One(_a.Forward(x))|};
        }
        """);

    [Fact]
    public void RecursionThroughSubmodelOtherFile() => DiagnosticHarness.Verify(
        """
        public partial class Model
        {
            [Lora] private readonly Linear _a = new(4, 4);
            private readonly Other _other = null!;
            [Differentiable] public Tensor Forward(Tensor x) => {|LORA2009:_other.Forward(_a.Forward(x))|};
        }
        """,
        """
        public partial class Other
        {
            [Lora] private readonly Linear _b = new(4, 4);
            public Model Back = null!;
            [Differentiable] public Tensor Forward(Tensor x) => {|LORA2009:Back.Forward(_b.Forward(x))|};
        }
        """);

    [Fact]
    public void RecursionThroughCoalesce() => DiagnosticHarness.Verify(
        """
        public partial class Model
        {
            [Lora] private readonly Linear _a = new(4, 4);
            private readonly Model? _next = null;
            [Differentiable] public Tensor Forward(Tensor x) => _next?{|LORA2009:.Forward(x)|} ?? _a.Forward(x);
        }
        """);

    [Fact]
    public void ReachedRecursionDoesNotFaultTheCaller() => DiagnosticHarness.Verify(
        """
        public partial class Model
        {
            [Lora] private readonly Linear _a = new(4, 4);
            [Differentiable] public Tensor Outer(Tensor x) => Forward(x);
            [Differentiable] public Tensor Forward(Tensor x) => {|LORA2009:Forward(_a.Forward(x))|};
        }
        """);

    [Fact]
    public void Virtual() => DiagnosticHarness.Verify(
        """
        public partial class Model
        {
            [Lora] private readonly Linear _a = new(4, 4);
            [Differentiable] public virtual Tensor {|LORA2009:Forward|}(Tensor x) => _a.Forward(x);
            [Differentiable] public Tensor Twice(Tensor x) => Forward(x);
        }
        """);

    [Fact]
    public void Abstract() => DiagnosticHarness.Verify(
        """
        public abstract partial class Model
        {
            [Lora] private readonly Linear {|LORA0009:_a|} = new(4, 4);
            [Differentiable] public abstract Tensor {|LORA2009:Forward|}(Tensor x);
            [Differentiable] public Tensor Twice(Tensor x) => Forward(x);
        }
        """);

    [Fact]
    public void Override() => DiagnosticHarness.Verify(
        """
        public abstract class Base { public abstract Tensor Forward(Tensor x); }
        public sealed partial class Model : Base
        {
            [Lora] private readonly Linear _a = new(4, 4);
            [Differentiable] public override Tensor {|LORA2009:Forward|}(Tensor x) => _a.Forward(x);
        }
        """);

    [Fact]
    public void InterfaceDispatch() => DiagnosticHarness.Verify(
        """
        public interface ILayer { Tensor Forward(Tensor x); }
        public sealed partial class Model
        {
            [Lora] private readonly Linear _a = new(4, 4);
            private readonly ILayer _b = null!;
            [Differentiable] public Tensor Forward(Tensor x) => {|LORA2002:_b.Forward(_a.Forward(x))|};
        }
        """);

    [Fact]
    public void GenericMethod() => DiagnosticHarness.Verify(
        """
        public sealed partial class Model
        {
            [Lora] private readonly Linear _a = new(4, 4);
            [Differentiable] public Tensor {|LORA2009:Forward|}<T>(Tensor x) => _a.Forward(x);
        }
        """);

    [Fact]
    public void Async() => DiagnosticHarness.Verify(
        """
        public sealed partial class Model
        {
            [Lora] private readonly Linear _a = new(4, 4);
            [Differentiable] public async Task<Tensor> {|LORA2007:Forward|}(Tensor x) { await Task.Yield(); return _a.Forward(x); }
        }
        """);

    [Fact]
    public void Iterator() => DiagnosticHarness.Verify(
        """
        public sealed partial class Model
        {
            [Lora] private readonly Linear _a = new(4, 4);
            [Differentiable] public IEnumerable<Tensor> {|LORA2007:Forward|}(Tensor x) { yield return _a.Forward(x); }
        }
        """);

    [Fact]
    public void VoidAndDoubleAndTupleResults() => DiagnosticHarness.Verify(
        """
        public sealed partial class Model
        {
            [Lora] private readonly Linear _a = new(4, 4);
            [Differentiable] public void {|LORA2007:A|}(Tensor x) { }
            [Differentiable] public double {|LORA2007:B|}(Tensor x) => Nn.MseLoss(_a.Forward(x), x);
            [Differentiable] public (Tensor, Tensor) {|LORA2007:C|}(Tensor x) => (x, x);
            [Differentiable] public Tensor[] {|LORA2007:D|}(Tensor x) => [x];
        }
        """);

    [Fact]
    public void ParameterTypes() => DiagnosticHarness.Verify(
        """
        public sealed partial class Model
        {
            [Lora] private readonly Linear _a = new(4, 4);
            [Differentiable] public Tensor Forward(Tensor x, object {|LORA2007:o|}, double {|LORA2007:d|}, List<int> {|LORA2007:l|}, Tensor[] {|LORA2007:ts|}, [NoDerivative] object ok,
                ref int {|LORA2007:r|}, out int {|LORA2007:q|}, float f, int i, bool b, DayOfWeek e, string s, int[] a, int? n, ReadOnlySpan<int> span, params Tensor[] {|LORA2007:rest|}) { q = 0; return _a.Forward(x); }
        }
        """);

    [Fact]
    public void CtorParameterLayer() => DiagnosticHarness.Verify(
        """
        public sealed partial class Model(Linear given, Linear[] many, Inner inner)
        {
            [Lora] private readonly Linear {|LORA0009:_a|} = new(4, 4);
            [Differentiable] public Tensor A(Tensor x) => {|LORA2001:given|}.Forward(x);
            [Differentiable] public Tensor B(Tensor x) => {|LORA2001:many|}[0].Forward(x);
            [Differentiable] public Tensor C(Tensor x) => {|LORA2001:inner|}.Forward(x);
            [Differentiable] public Tensor D(Tensor x) { foreach (Linear l in {|LORA2001:many|}) { x = l.Forward(x); } return x; }
            [Differentiable] public Tensor E(Tensor x) { Linear l = {|LORA2001:given|}; return l.Forward(x); }
        }
        public partial class Inner
        {
            [Lora] private readonly Linear _a = new(4, 4);
            [Differentiable] public Tensor Forward(Tensor x) => _a.Forward(x);
        }
        """);

    [Fact]
    public void ExplicitInterface() => DiagnosticHarness.Verify(
        """
        public interface ILayer { Tensor Forward(Tensor x); }
        public sealed partial class Model : ILayer
        {
            [Lora] private readonly Linear _a = new(4, 4);
            [Differentiable] Tensor ILayer.{|LORA2009:Forward|}(Tensor x) => _a.Forward(x);
        }
        """);

    [Fact]
    public void LayerInAnotherObject() => DiagnosticHarness.Verify(
        """
        public sealed class Holder { public Linear Layer { get; } = new(4, 4); public static Linear Shared = new(4, 4); }
        public sealed partial class Model
        {
            [Lora] public Linear {|LORA0009:A|} { get; } = new(4, 4);
            private readonly Holder _holder = new();
            private static readonly Linear _shared = new(4, 4);
            private readonly Dictionary<string, Linear> _named = new() { ["a"] = new(4, 4) };
            [Differentiable] public Tensor One(Tensor x) => _holder.Layer.Forward(x);
            [Differentiable] public Tensor Two(Tensor x) => _shared.Forward(x);
            [Differentiable] public Tensor Three(Tensor x) => _named["a"].Forward(x);
            [Differentiable] public Tensor Four(Tensor x) => {|LORA2001:new Linear(4, 4)|}.Forward(x);
            [Differentiable] public Tensor Five(Tensor x) => Holder.Shared.Forward(x);
            [Differentiable] public Tensor Six(Tensor x) { foreach (var l in _named) { x = l.Value.Forward(x); } return x; }
        }
        """);

    [Fact]
    public void GeneratedMembersOfASubmodel() => DiagnosticHarness.Verify(
        """
        public sealed partial class Sub
        {
            [Lora] private readonly Linear _a = new(4, 4);
            [Differentiable] public Tensor One(Tensor x) => _a.Forward(x);
        }
        public sealed partial class Model
        {
            private readonly Sub _sub = new();
            [Differentiable] public Tensor F(Tensor x) => _sub.{|LORA2010:A|}.Forward(x);
            [Differentiable] public Tensor G(Tensor x) => _sub.{|LORA2010:OneWithPullback|}(x).Value;
            [Differentiable] public Tensor H(Tensor x) => _sub.{|LORA2010:MergeA|}().Forward(x);
            [Differentiable] public Tensor I(Tensor x) { _sub.{|LORA2010:MergeAdapters|}(); return x; }
        }
        """);

    [Fact]
    public void Overloads() => DiagnosticHarness.Verify(
        """
        public sealed partial class Model
        {
            [Lora] private readonly Linear _a = new(4, 4);
            [Differentiable] public Tensor F(Tensor x) => _a.Forward(x);
            [Differentiable] public Tensor F(Tensor x, int n) => Ops.Scale(F(x), n);
            [Differentiable] public Tensor F(Tensor x, float[] {|LORA2007:n|}) => x;
            [Differentiable] public float Loss(Tensor x, Tensor target) => Nn.MseLoss(F(x, 2), target);
        }
        """);

    [Fact]
    public void ConstantResults() => DiagnosticHarness.Verify(
        """
        public sealed partial class Model
        {
            private readonly Linear _frozen = new(4, 4);
            private readonly Tensor _kept = Tensor.Zeros(4, 4);
            [Differentiable] public Tensor {|LORA2008:Made|}() => Tensor.Zeros(4, 4);
            [Differentiable] public Tensor {|LORA2008:Kept|}(int n) => _kept;
            [Differentiable] public float {|LORA2008:Stopped|}(Tensor x) => Nn.Stop(Nn.MseLoss(_frozen.Forward(x), x));
            [Differentiable] public Tensor Layer([NoDerivative] Tensor x) => _frozen.Forward(x);
            [Differentiable] public Tensor Parameter(Tensor x) => x;
            [Differentiable] public float Loss(Tensor x) => Nn.MseLoss(_kept, x);
        }
        """);
}
