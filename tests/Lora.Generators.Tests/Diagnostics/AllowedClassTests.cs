namespace Lora.Generators.Tests;

/// <summary>Classes that must be differentiated as they are written: the eager loss, and its gradients by central differences.</summary>
public class AllowedClassTests
{
    [Fact]
    public void InParameters() => AllowedProgram.Check(
        """
        public sealed partial class Model
        {
            [Lora] private readonly Linear _a = new(4, 4);
            [Differentiable] public Tensor Forward(in Tensor x, in int n) => Ops.Scale(_a.Forward(x), n);
            [Differentiable] public float Loss(Tensor x, Tensor target) => Nn.MseLoss(Forward(x, 3), target);
            [Differentiable] public float Loss2(Tensor x, Tensor target) => Nn.MseLoss(Forward(in x, 3), target);
        }
        """);

    [Fact]
    public void ExtensionMethodDifferentiable() => AllowedProgram.Check(
        """
        public static partial class Helpers
        {
            [Differentiable] public static Tensor Twice(this Tensor x) => x + x;
        }
        public sealed partial class Model
        {
            [Lora] private readonly Linear _a = new(4, 4);
            [Differentiable] public float Loss(Tensor x, Tensor target) => Nn.MseLoss(_a.Forward(x).Twice(), Helpers.Twice(target));
        }
        """);

    [Fact]
    public void PartialMethod() => AllowedProgram.Check(
        """
        public sealed partial class Model
        {
            [Lora] private readonly Linear _a = new(4, 4);
            [Differentiable] public partial Tensor Forward(Tensor x);
            [Differentiable] public float Loss(Tensor x, Tensor target) => Nn.MseLoss(Forward(x), target);
        }
        """,
        """
        public sealed partial class Model
        {
            public partial Tensor Forward(Tensor x) { return _a.Forward(x); }
        }
        """);

    [Fact]
    public void PartialMethodAttributedAtTheBody() => AllowedProgram.Check(
        """
        public sealed partial class Model
        {
            [Lora] private readonly Linear _a = new(4, 4);
            public partial Tensor Forward(Tensor x);
            [Differentiable] public float Loss(Tensor x, Tensor target) => Nn.MseLoss(Forward(x), target);
        }
        """,
        """
        public sealed partial class Model
        {
            [Differentiable] public partial Tensor Forward(Tensor x) { return _a.Forward(x); }
        }
        """);

    [Fact]
    public void ImplicitInterface() => AllowedProgram.Check(
        """
        public interface ILayer { Tensor Forward(Tensor x); }
        public sealed partial class Model : ILayer
        {
            [Lora] private readonly Linear _a = new(4, 4);
            [Differentiable] public Tensor Forward(Tensor x) => _a.Forward(x);
            [Differentiable] public float Loss(Tensor x, Tensor target) => Nn.MseLoss(Forward(x), target);
        }
        """);

    [Fact]
    public void AliasAndStaticUsing() => AllowedProgram.Check(
        """
        using T = Lora.Tensor;
        using L = Lora.Linear;
        using static Lora.Nn;
        using static Ops;
        using O = Ops;
        public sealed partial class Model
        {
            [Lora] private readonly L _a = new(4, 4);
            private readonly L[] _l = [new L(4, 4)];
            [Differentiable] public T Forward(T x) { foreach (L l in _l) { T y = l.Forward(x); x = y; } return _a.Forward(Times(x, x)); }
            [Differentiable] public float Loss(T x, T target) { T z = T.Zeros(3, 4); L l = _l[0]; return MseLoss(Forward(x) + z, O.Scale(l.Forward(target), new Func<float>(() => 0.5f)())); }
        }
        """);

    [Fact]
    public void GlobalUsingAlias() => AllowedProgram.Check(
        """
        global using G = Lora.Tensor;
        global using static Lora.Nn;
        public sealed partial class Model
        {
            [Lora] private readonly Linear _a = new(4, 4);
            [Differentiable] public float Loss(G x, G target) => MseLoss(_a.Forward(x), target);
        }
        """);

    [Fact]
    public void NestedNamespaces() => AllowedProgram.Check(
        """
        namespace A.@namespace
        {
            public static class Consts { public const int Two = 2; public static float Half { get; } = 0.5f; public enum E { One, Two } }
            public sealed partial class Inner
            {
                [Lora] private readonly Linear _a = new(4, 4);
                private const int K = 3;
                private static readonly float _s = 1.5f;
                [Differentiable] public Tensor Forward(Tensor x, Consts.E e = Consts.E.Two) => Ops.Scale(_a.Forward(x), Consts.Half * K * _s, e == Consts.E.Two ? (int)Consts.E.Two : 0);
            }
        }
        public sealed partial class Model
        {
            private readonly A.@namespace.Inner _a = new();
            [Differentiable] public float Loss(Tensor x, Tensor target) => Nn.MseLoss(_a.Forward(x), target);
        }
        """);

    [Fact]
    public void PropertiesAndOtherObjects() => AllowedProgram.Check(
        """
        public sealed class Holder { public Linear Layer { get; } = new(4, 4); }
        public sealed partial class Model
        {
            [Lora] public Linear A { get; } = new(4, 4);
            [Lora] private Linear B { get; init; } = new(4, 4);
            [Lora] private partial Linear C { get; init; }
            public Model() { C = new(4, 4); }
            private Linear Computed => A;
            [Differentiable] public float Loss(Tensor x, Tensor target) => Nn.MseLoss(Computed.Forward(C.Forward(B.Forward(A.Forward(x)))), target);
        }
        """);

    [Fact]
    public void LayerOfAParameter() => AllowedProgram.Check(
        """
        public sealed partial class Model
        {
            [Lora] public Linear A { get; } = new(4, 4);
            [Differentiable] public Tensor One(Tensor x, Linear layer) => layer.Forward(x);
            [Differentiable] public Tensor Two(Tensor x) => One(One(x, A), A);
            [Differentiable] public float Loss(Tensor x, Tensor target) => Nn.MseLoss(Two(x), target);
        }
        """);

    [Fact]
    public void SubmodelsLayer() => AllowedProgram.Check(
        """
        public sealed partial class Sub
        {
            [Lora] public Linear A { get; } = new(4, 4);
            public Linear[] More { get; } = [new(4, 4)];
            [Differentiable] public Tensor One(Tensor x) => A.Forward(x);
        }
        public sealed partial class Model
        {
            private readonly Sub _sub = new();
            [Differentiable] public float Loss(Tensor x, Tensor target) => Nn.MseLoss(_sub.More[0].Forward(_sub.A.Forward(x)), target);
        }
        """);

    [Fact]
    public void StaticClass() => AllowedProgram.Check(
        """
        public static partial class Helpers
        {
            [Differentiable] public static Tensor Twice(Tensor x) => x + x;
            [Differentiable] public static float Half(Tensor x, Tensor target) => 0.5f * Nn.MseLoss(x, target);
        }
        public sealed partial class Model
        {
            [Lora] private readonly Linear _a = new(4, 4);
            [Differentiable] public static Tensor Own(Tensor x, int k) => Ops.Scale(x, k);
            [Differentiable] public float Loss(Tensor x, Tensor target) => Helpers.Half(Own(Helpers.Twice(_a.Forward(x)), 3), target);
        }
        """);

    [Fact]
    public void OverloadsOk() => AllowedProgram.Check(
        """
        public sealed partial class Model
        {
            [Lora] private readonly Linear _a = new(4, 4);
            [Differentiable] public Tensor F(Tensor x) => _a.Forward(x);
            [Differentiable] public Tensor F(Tensor x, int n) => Ops.Scale(F(x), n);
            [Differentiable] public Tensor F(Tensor x, int[] n) => Ops.Weight(F(x), n);
            [Differentiable] public Tensor F(Tensor x, int n, ReadOnlySpan<int> m) => Ops.Weight(F(x), m);
            [Differentiable] public float Loss(Tensor x, Tensor target) => Nn.MseLoss(F(x, 2) + F(x, [1, 2]) + F(x, 1, [1, 3]), target);
        }
        """);

    [Fact]
    public void GenericClass() => AllowedProgram.Check(
        """
        public sealed partial class Wrap<T> where T : class, new()
        {
            [Lora] private readonly Linear _a = new(4, 4);
            [Differentiable] public Tensor F(Tensor x) { T t = new T(); return Ops.Scale(_a.Forward(x), typeof(T).Name.Length + (t is null ? 1 : 2)); }
        }
        public sealed partial class Model
        {
            private readonly Wrap<object> _w = new();
            [Differentiable] public float Loss(Tensor x, Tensor target) => Nn.MseLoss(_w.F(x), target);
        }
        """);

    [Fact]
    public void Record() => AllowedProgram.Check(
        """
        public sealed partial record Model
        {
            [Lora] private readonly Linear _a = new(4, 4);
            [Differentiable] public float Loss(Tensor x, Tensor target) => Nn.MseLoss(_a.Forward(x), target);
        }
        """);

    [Fact]
    public void ParameterNames() => AllowedProgram.Check(
        """
        public sealed partial class Model
        {
            [Lora] private readonly Linear _a = new(4, 4);
            [Differentiable] public Tensor F(Tensor saved, Tensor work, int gradResult, int iteration, float value, float state, int call, Tensor model, Tensor number)
                => Ops.Scale(_a.Forward(saved + work), gradResult + iteration + value + state + call) + model + number;
            [Differentiable] public float G(Tensor saved, Tensor work, int value) { float gradResult = value; return gradResult * Nn.MseLoss(_a.Forward(saved), work); }
            [Differentiable] public float Loss(Tensor x, Tensor target) => Nn.MseLoss(F(x, x, 1, 2, 3, 4, 5, x, x), target) + G(x, target, 2);
        }
        """);

    [Fact]
    public void KeywordParameters() => AllowedProgram.Check(
        """
        public sealed partial class Model
        {
            [Lora] private readonly Linear @class = new(4, 4);
            [Differentiable] public Tensor @return(Tensor @in, int @for, int @int = 3) => Ops.Scale(@class.Forward(@in), @for + @int);
            [Differentiable] public float Loss(Tensor x, Tensor target) => Nn.MseLoss(@return(x, 2), target);
        }
        """);

    [Fact]
    public void NamesOfMembersAsLocals() => AllowedProgram.Check(
        """
        public sealed partial class Model
        {
            [Lora] private readonly Linear a = new(4, 4);
            private readonly int n = 5;
            [Differentiable] public float Loss(Tensor x, Tensor target) { int n = 2; Tensor a = this.a.Forward(x); return n * this.n * Nn.MseLoss(a, target); }
        }
        """);

    [Fact]
    public void TypeNamesHiddenByMembers() => AllowedProgram.Check(
        """
        public sealed partial class Model
        {
            [Lora] private readonly Linear Linear = new(4, 4);
            public Tensor? Tensor { get; set; }
            public int Lora => 3;
            public int System => 3;
            [Differentiable] public float Loss(Tensor x, Tensor target) { Lora.Tensor z = global::Lora.Tensor.Zeros(3, 4); return Nn.MseLoss(Linear.Forward(x) + z, target); }
        }
        """);

    [Fact]
    public void NullableParameters() => AllowedProgram.Check(
        """
        public sealed partial class Model
        {
            [Lora] private readonly Linear _a = new(4, 4);
            [Differentiable] public Tensor F(Tensor x, Tensor? mask = null, [NoDerivative] Tensor? other = null)
            {
                Tensor y = _a.Forward(x);
                if (mask is not null) { y = y + mask; }
                if (other is not null) { y = Ops.Scale(y, 2); }
                return y;
            }
            [Differentiable] public float Loss(Tensor x, Tensor target) => Nn.MseLoss(F(x) + F(x, target) + F(x, other: Nn.Stop(target)), target);
        }
        """);

    [Fact]
    public void DerivativeWithRefFloat() => AllowedProgram.Check(
        """
        public static class My
        {
            [Derivative(nameof(MulBackward), Reads = Reads.Inputs)] public static Tensor Mul(Tensor x, float s) { Tensor r = x.Clone(); foreach (ref float v in r.Span) { v *= s; } return r; }
            public static void MulBackward(Tensor x, float s, Tensor gradResult, Tensor? gradX, ref float gradS)
            {
                for (int i = 0; i < x.Length; i++) { gradS += x.Span[i] * gradResult.Span[i]; if (gradX is not null) { gradX.Span[i] += s * gradResult.Span[i]; } }
            }
        }
        public sealed partial class Model
        {
            [Lora] private readonly Linear _a = new(4, 4);
            [Differentiable] public float Loss(Tensor x, Tensor target) { float l = Nn.MseLoss(_a.Forward(x), target); Tensor y = My.Mul(_a.Forward(x), l); return Nn.MseLoss(My.Mul(y, 3), target) + l; }
        }
        """);

    [Fact]
    public void InstanceOperationOfAModel() => AllowedProgram.Check(
        """
        public sealed partial class Model
        {
            [Lora] private readonly Linear _a = new(4, 4);
            [Derivative(nameof(KBackward))] public Tensor K(Tensor x) => x;
            public void KBackward(Tensor gradResult, Tensor gradX) { for (int i = 0; i < gradX.Length; i++) { gradX.Span[i] += gradResult.Span[i]; } }
            [Differentiable] public float Loss(Tensor x, Tensor target) => Nn.MseLoss(K(_a.Forward(x)), target);
        }
        """);

    [Fact]
    public void PrivateDifferentiableHelper() => AllowedProgram.Check(
        """
        public sealed partial class Model
        {
            [Lora] private readonly Linear _a = new(4, 4);
            [Differentiable] private Tensor F(Tensor x) => _a.Forward(x);
            [Differentiable] internal float G(Tensor x, Tensor y) => Nn.MseLoss(F(x), y);
            [Differentiable] public float Loss(Tensor x, Tensor target) => G(F(x), target);
        }
        """);
}
