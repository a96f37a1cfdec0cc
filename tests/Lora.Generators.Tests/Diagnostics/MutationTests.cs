namespace Lora.Generators.Tests;

/// <summary>Changes of tensor data, and writes that outlive the method, are refused.</summary>
public class MutationTests
{
    [Theory]
    [InlineData("ref local", """
        ref Tensor {|LORA2003:y = ref x|};
        return Nn.MseLoss(_first.Forward(x), target);
        """)]
    [InlineData("span write", """
        {|LORA2003:x.Span[0] = 1|};
        return Nn.MseLoss(_first.Forward(x), target);
        """)]
    [InlineData("element write", """
        {|LORA2003:x[0, 1] = 1|};
        return Nn.MseLoss(_first.Forward(x), target);
        """)]
    [InlineData("element write of result", """
        Tensor y = _first.Forward(x);
        {|LORA2003:y.Span[0] += 1|};
        return Nn.MseLoss(y, target);
        """)]
    [InlineData("element increment", """
        {|LORA2003:x.Span[0]++|};
        return Nn.MseLoss(_first.Forward(x), target);
        """)]
    [InlineData("span local", """
        Span<float> s = {|LORA2006:x|}.Span;
        {|LORA2005:s[0] = 1|};
        return Nn.MseLoss(_first.Forward(x), target);
        """)]
    [InlineData("clear", """
        {|LORA2003:x.Span.Clear()|};
        return Nn.MseLoss(_first.Forward(x), target);
        """)]
    [InlineData("mutating call", """
        {|LORA2002:Ops.Change(x)|};
        return Nn.MseLoss(_first.Forward(x), target);
        """)]
    [InlineData("write plain field", """
        {|LORA2005:_plain = 3|};
        return Nn.MseLoss(_first.Forward(x), target);
        """)]
    [InlineData("write plain field compound", """
        {|LORA2005:_plain += 3|};
        return Nn.MseLoss(_first.Forward(x), target);
        """)]
    [InlineData("increment plain field", """
        {|LORA2005:_plain++|};
        return Nn.MseLoss(_first.Forward(x), target);
        """)]
    [InlineData("write property", """
        {|LORA2005:Plain = 3|};
        return Nn.MseLoss(_first.Forward(x), target);
        """)]
    [InlineData("write static", """
        {|LORA2005:_shared = 3|};
        return Nn.MseLoss(_first.Forward(x), target);
        """)]
    [InlineData("write tensor field", """
        {|LORA2005:_constant = x|};
        return Nn.MseLoss(_first.Forward(x), target);
        """)]
    [InlineData("write tensor static", """
        {|LORA2005:_sharedTensor = x|};
        return Nn.MseLoss(_first.Forward(x), target);
        """)]
    [InlineData("write tensor property", """
        {|LORA2005:Kept = x|};
        return Nn.MseLoss(_first.Forward(x), target);
        """)]
    [InlineData("write float field from data", """
        {|LORA2005:_number = Nn.MseLoss(x, target)|};
        return Nn.MseLoss(_first.Forward(x), target);
        """)]
    [InlineData("write in nested expression", """
        return Nn.MseLoss(_first.Forward({|LORA2005:_constant = x|}), target);
        """)]
    [InlineData("write in argument", """
        return Nn.MseLoss(Ops.Scale(_first.Forward(x), {|LORA2005:_number = 3|}), target);
        """)]
    [InlineData("coalescing field write", """
        {|LORA2005:_sharedTensor ??= x|};
        return Nn.MseLoss(_first.Forward(x), target);
        """)]
    [InlineData("ref number", """
        float loss = Nn.MseLoss(_first.Forward(x), target);
        {|LORA2002:Interlocked.Exchange(ref loss, 3f)|};
        return loss;
        """)]
    [InlineData("out number", """
        float f = 0;
        {|LORA2003:float.TryParse("3", out f)|};
        f *= Nn.MseLoss(_first.Forward(x), target);
        return f;
        """)]
    public void Body(string name, string body)
    {
        name.ShouldNotBeEmpty();
        DiagnosticHarness.Verify(DiagnosticHarness.InModel(body));
    }

    [Theory]
    [InlineData("out tensor declared by plain call", """
        {|LORA2003:Make(out Tensor y)|};
        return Nn.MseLoss(_constant, target);
        """, """
        private static void Make(out Tensor y) => y = Tensor.Zeros(3, 4);
        """)]
    [InlineData("holder field write", """
        var a = new Holder();
        {|LORA2005:a.T = _first.Forward(x)|};
        return Nn.MseLoss(a.T, target);
        """, """
        private sealed class Holder { public Tensor T = Tensor.Zeros(3, 4); }
        """)]
    public void BodyWithMembers(string name, string body, string members)
    {
        name.ShouldNotBeEmpty();
        DiagnosticHarness.Verify(DiagnosticHarness.InModel(body, members));
    }

    [Fact]
    public void WriteToAConstructorParameter() => DiagnosticHarness.Verify(
        """
        public sealed partial class Model(float scale)
        {
            [Lora] private readonly Linear _a = new(4, 4);
            [Differentiable] public float Loss(Tensor x, Tensor target)
            {
                {|LORA2005:scale = Nn.Mean(_a.Forward(x))|};
                return Nn.MseLoss(_a.Forward(x), target) * scale;
            }
        }
        """);
}
