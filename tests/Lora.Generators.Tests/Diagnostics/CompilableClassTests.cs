namespace Lora.Generators.Tests;

/// <summary>Classes whose generated code must compile.</summary>
public class CompilableClassTests
{
    [Fact]
    public void NestedPartialInStructRecordInterface() => DiagnosticHarness.Verify(
        """
        public partial struct Outer { public partial record Mid<T> { public partial interface I { public sealed partial class Model
        {
            [Lora] private readonly Linear _a = new(4, 4);
            [Differentiable] public Tensor Forward(Tensor x) => _a.Forward(x);
        } } } }
        """);

    [Fact]
    public void WrapperNamedLikeClass() => DiagnosticHarness.Verify(
        """
        public partial class Head
        {
            [Lora] private readonly Linear _head = new(4, 4);
            [Differentiable] public Tensor Forward(Tensor x) => _head.Forward(x);
        }
        """);

    [Fact]
    public void CtorParameterPlain() => DiagnosticHarness.Verify(
        """
        public sealed partial class Model(int heads, float scale, Tensor mask)
        {
            [Lora] private readonly Linear _a = new(4, 4);
            [Differentiable] public Tensor A(Tensor x) => Ops.Shift(Ops.Scale(_a.Forward(x), heads * scale), mask);
        }
        """);
}
