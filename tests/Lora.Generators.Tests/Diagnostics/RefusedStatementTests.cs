namespace Lora.Generators.Tests;

/// <summary>Statements that cannot be differentiated are refused where they stand.</summary>
public class RefusedStatementTests
{
    [Theory]
    [InlineData("while", """
        {|LORA2001:while (true) { }|}
        return Nn.MseLoss(x, target);
        """)]
    [InlineData("do", """
        {|LORA2001:do { x = _first.Forward(x); } while (x.Rank > 9);|}
        return Nn.MseLoss(x, target);
        """)]
    [InlineData("try", """
        {|LORA2001:try { x = _first.Forward(x); } finally { }|}
        return Nn.MseLoss(x, target);
        """)]
    [InlineData("using", """
        {|LORA2001:using (var s = new System.IO.MemoryStream()) { x = _first.Forward(x); }|}
        return Nn.MseLoss(x, target);
        """)]
    [InlineData("using declaration", """
        {|LORA2001:using var s = new System.IO.MemoryStream();|}
        return Nn.MseLoss(_first.Forward(x), target);
        """)]
    [InlineData("lock", """
        {|LORA2001:lock (_layers) { x = _first.Forward(x); }|}
        return Nn.MseLoss(x, target);
        """)]
    [InlineData("goto", """
        {|LORA2001:again: x = _first.Forward(x);|}
        if (_count > 5) { {|LORA2001:goto again;|} }
        return Nn.MseLoss(x, target);
        """)]
    [InlineData("switch statement", """
        {|LORA2001:switch (_count) { case 2: x = _first.Forward(x); break; }|}
        return Nn.MseLoss(x, target);
        """)]
    [InlineData("switch expression", """
        x = {|LORA2001:_count switch { 2 => _first.Forward(x), _ => x }|};
        return Nn.MseLoss(x, target);
        """)]
    [InlineData("local function", """
        {|LORA2001:Tensor F(Tensor y) => _first.Forward(y);|}
        return Nn.MseLoss({|LORA2002:F(x)|}, target);
        """)]
    [InlineData("await in body", """
        Tensor y = {|LORA2001:await Task.FromResult(x)|};
        return Nn.MseLoss(y, target);
        """)]
    [InlineData("fixed", """
        unsafe { {|LORA2001:fixed (float* p = x.Span) { x = _first.Forward(x); }|} }
        return Nn.MseLoss(x, target);
        """)]
    [InlineData("goto case and labels", """
        {|LORA2001:switch (_count) { case 1: goto case 2; case 2: break; }|}
        return Nn.MseLoss(_first.Forward(x), target);
        """)]
    [InlineData("break in while", """
        {|LORA2001:while (_count > 3) { break; }|}
        return Nn.MseLoss(_first.Forward(x), target);
        """)]
    [InlineData("several in one", """
        {|LORA2001:while (_count > 3)
        {
            {|LORA2005:_plain = 3|};
            {|LORA2001:try { x = _first.Forward(x); } finally { }|}
            if ({|LORA2004:x|}[0, 0] > {|LORA2004:target|}[0, 0] && Nn.Stop(x)[0, 0] > 0 && x.Rank == 2) { x = {|LORA2002:Ops.Foreign(x)|}; }
        }|}
        {|LORA2003:x.Span[0] = 1|};
        return {|LORA2010:LossAndGradients|}(x, target);
        """)]
    [InlineData("foreach deconstruction", """
        {|LORA2001:foreach ((int i, Block block) in _blocks.Index()) { x = block.Forward(x); }|}
        return Nn.MseLoss(x, target);
        """)]
    [InlineData("deconstruction", """
        {|LORA2001:(Tensor a, Tensor b) = (x, target)|};
        return Nn.MseLoss(a, b);
        """)]
    [InlineData("deconstruction var", """
        {|LORA2001:var (a, b) = (x, target)|};
        return Nn.MseLoss(a, b);
        """)]
    [InlineData("swap", """
        {|LORA2001:(x, target) = (target, x)|};
        return Nn.MseLoss(x, target);
        """)]
    [InlineData("plain deconstruction", """
        {|LORA2001:(int a, float b) = (2, 0.5f)|};
        return a * b * Nn.MseLoss(_first.Forward(x), target);
        """)]
    [InlineData("increment loss", """
        float loss = Nn.MseLoss(_first.Forward(x), target);
        {|LORA2001:loss++|};
        return loss;
        """)]
    [InlineData("increment loss in expression", """
        float loss = Nn.MseLoss(_first.Forward(x), target);
        return {|LORA2001:loss++|};
        """)]
    [InlineData("decrement", """
        float loss = Nn.MseLoss(_first.Forward(x), target);
        {|LORA2001:--loss|};
        return loss;
        """)]
    [InlineData("coalesce assignment", """
        Tensor? y = null;
        {|LORA2001:y ??= _first.Forward(x)|};
        return Nn.MseLoss(y, target);
        """)]
    [InlineData("throw expression", """
        Tensor y = _missing is null ? _first.Forward(x) : {|LORA2001:throw new InvalidOperationException()|};
        return Nn.MseLoss(y, target);
        """)]
    [InlineData("throw coalesce", """
        Tensor y = {|LORA2001:Kept ?? throw new InvalidOperationException()|};
        return Nn.MseLoss(_first.Forward(x), y);
        """)]
    [InlineData("coalesce tensors", """
        Tensor? k = null;
        Tensor y = {|LORA2001:k ?? x|};
        return Nn.MseLoss(_first.Forward(x), y);
        """)]
    [InlineData("conditional access chain", """
        x = {|LORA2001:_missing?.Forward(x)?.Square() ?? x|};
        return Nn.MseLoss(x, target);
        """)]
    [InlineData("is as", """
        Tensor y = {|LORA2001:(x as object) as Tensor ?? target|};
        return Nn.MseLoss(y, target);
        """)]
    [InlineData("remainder", """
        return {|LORA2001:Nn.MseLoss(_first.Forward(x), target) % 2|};
        """)]
    [InlineData("loss in double arithmetic", """
        return {|LORA2001:(float)(2.0 * Nn.MseLoss(_first.Forward(x), target))|};
        """)]
    [InlineData("new expression", """
        return Nn.MseLoss({|LORA2001:new Linear(4, 4)|}.Forward(x), target);
        """)]
    [InlineData("assignment in stop", """
        Tensor y = Nn.Stop({|LORA2001:x = _first.Forward(x)|});
        return Nn.MseLoss(_first.Forward(x), y);
        """)]
    public void Body(string name, string body)
    {
        name.ShouldNotBeEmpty();
        DiagnosticHarness.Verify(DiagnosticHarness.InModel(body));
    }
}
