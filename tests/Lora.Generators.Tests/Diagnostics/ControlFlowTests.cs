namespace Lora.Generators.Tests;

/// <summary>Control flow that depends on tensor data is refused.</summary>
public class ControlFlowTests
{
    [Theory]
    [InlineData("out argument", """
        if (Ops.TryMake({|LORA2004:x|}, out Tensor y)) { x = y; }
        return Nn.MseLoss(_first.Forward(x), target);
        """)]
    [InlineData("condition on data", """
        float loss = Nn.MseLoss(_first.Forward(x), target);
        if ({|LORA2004:loss|} > 1) { return loss; }
        return 2 * loss;
        """)]
    [InlineData("condition on element", """
        if ({|LORA2004:x|}[0, 0] > 1) { x = _first.Forward(x); }
        return Nn.MseLoss(x, target);
        """)]
    [InlineData("ternary on data", """
        float loss = Nn.MseLoss(_first.Forward(x), target);
        return {|LORA2004:loss|} > 1 ? loss : 2 * loss;
        """)]
    [InlineData("loop bound on data", """
        for (int i = 0; i < {|LORA2004:x|}.Span[0]; i++) { x = _first.Forward(x); }
        return Nn.MseLoss(x, target);
        """)]
    [InlineData("loop bound on call", """
        for (int i = 0; i < {|LORA2004:Nn.MseLoss(x, target)|}; i++) { x = _first.Forward(x); }
        return Nn.MseLoss(x, target);
        """)]
    [InlineData("foreach over data", """
        foreach (float f in {|LORA2004:x|}.Span) { x = _first.Forward(x); }
        return Nn.MseLoss(x, target);
        """)]
    [InlineData("foreach over tensors", """
        foreach (Tensor {|LORA2006:t|} in new[] { x, target }) { x = _first.Forward(t); }
        return Nn.MseLoss(x, target);
        """)]
    [InlineData("pattern on tensor", """
        if ({|LORA2004:x|} is { Rank: 2 } y) { x = _first.Forward(y); }
        return Nn.MseLoss(x, target);
        """)]
    [InlineData("layer in a condition", """
        if ({|LORA2004:_first.Forward(x)|}.Shape[0] == 3) { x = _second.Forward(x); }
        return Nn.MseLoss(x, target);
        """)]
    [InlineData("tensors in condition chains", """
        if (_count > 1 && {|LORA2004:x|}[0, 0] > 0) { x = _first.Forward(x); }
        return Nn.MseLoss(x, target);
        """)]
    [InlineData("is pattern tensor from plain", """
        if (Kept is Tensor y) { x = _first.Forward(x) + {|LORA2001:y|}; }
        return Nn.MseLoss(x, target);
        """)]
    [InlineData("is pattern tensor from object", """
        if (Kept is { } y) { x = _first.Forward(x) + {|LORA2001:y|}; }
        return Nn.MseLoss(x, target);
        """)]
    [InlineData("loop step on data", """
        for (int i = 0; i < 2; x = {|LORA2004:_first.Forward(x)|}) { i++; }
        return Nn.MseLoss(x, target);
        """)]
    public void Body(string name, string body)
    {
        name.ShouldNotBeEmpty();
        DiagnosticHarness.Verify(DiagnosticHarness.InModel(body));
    }
}
