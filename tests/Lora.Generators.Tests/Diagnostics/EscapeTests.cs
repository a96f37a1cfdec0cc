namespace Lora.Generators.Tests;

/// <summary>Calls without derivative, and tensor data that leaves the body's operations, are refused.</summary>
public class EscapeTests
{
    [Theory]
    [InlineData("lambda capturing", """
        Func<Tensor> f = () => {|LORA2006:x|};
        return Nn.MseLoss(_first.Forward(x), target);
        """)]
    [InlineData("own method", """
        Tensor y = {|LORA2002:Ops.Foreign(x)|};
        return Nn.MseLoss(y, target);
        """)]
    [InlineData("own method on number", """
        float l = {|LORA2002:Ops.ForeignNumber(Nn.MseLoss(x, target))|};
        return l;
        """)]
    [InlineData("MathF", """
        return {|LORA2002:MathF.Sqrt(Nn.MseLoss(_first.Forward(x), target))|};
        """)]
    [InlineData("clone", """
        Tensor y = {|LORA2002:x.Clone()|};
        return Nn.MseLoss(_first.Forward(y), target);
        """)]
    [InlineData("forward frozen", """
        Tensor y = {|LORA2002:_first.ForwardFrozen(x)|};
        return Nn.MseLoss(y, target);
        """)]
    [InlineData("no derivative parameter fed", """
        return Nn.MseLoss(Ops.Shift(_first.Forward(x), {|LORA2002:_second.Forward(x)|}), target);
        """)]
    [InlineData("no derivative float fed", """
        return Nn.MseLoss(Ops.Scale(_first.Forward(x), {|LORA2002:Nn.MseLoss(x, target)|}), target);
        """)]
    [InlineData("loss to double", """
        double d = {|LORA2006:Nn.MseLoss(_first.Forward(x), target)|};
        return (float)d;
        """)]
    [InlineData("tuple local", """
        (Tensor a, Tensor b) p = ({|LORA2006:x|}, target);
        return Nn.MseLoss(p.a, p.b);
        """)]
    [InlineData("array of tensors", """
        Tensor[] {|LORA2006:all = [x, target]|};
        return Nn.MseLoss(all[0], all[1]);
        """)]
    [InlineData("array creation", """
        var {|LORA2006:all = new[] { x, target }|};
        return Nn.MseLoss(all[0], all[1]);
        """)]
    [InlineData("list of tensors", """
        var all = new List<Tensor>();
        {|LORA2002:all.Add(x)|};
        return Nn.MseLoss(all[0], target);
        """)]
    [InlineData("null conditional tensor", """
        int? n = {|LORA2006:x|}?.Rank;
        return Nn.MseLoss(x, target);
        """)]
    [InlineData("interpolation", """
        string s = $"{{|LORA2006:x|}}";
        return Nn.MseLoss(_first.Forward(x), target);
        """)]
    [InlineData("writeline", """
        {|LORA2002:Console.WriteLine(x)|};
        return Nn.MseLoss(_first.Forward(x), target);
        """)]
    [InlineData("writeline interpolated", """
        {|LORA2002:Console.WriteLine($"{Nn.MseLoss(x, target)}")|};
        return Nn.MseLoss(_first.Forward(x), target);
        """)]
    [InlineData("object local", """
        object o = {|LORA2006:x|};
        return Nn.MseLoss((Tensor)o, target);
        """)]
    [InlineData("dynamic", """
        dynamic o = {|LORA2006:x|};
        return Nn.MseLoss(_first.Forward(x), target);
        """)]
    [InlineData("method group", """
        Func<Tensor, Tensor> f = {|LORA2006:_first.Forward|};
        return Nn.MseLoss(x, target);
        """)]
    [InlineData("linq over blocks", """
        Tensor y = {|LORA2002:_blocks.Aggregate(x, (a, b) => b.Forward(a))|};
        return Nn.MseLoss(y, target);
        """)]
    [InlineData("lambda running layers", """
        Func<Tensor> f = () => {|LORA2006:_first.Forward(_constant)|};
        return Nn.MseLoss(f(), target);
        """)]
    [InlineData("loss string", """
        string s = {|LORA2006:Nn.MseLoss(_first.Forward(x), target)|}.ToString();
        return Nn.MseLoss(_first.Forward(x), target);
        """)]
    [InlineData("with expression and anonymous", """
        var a = new { T = {|LORA2006:x|} };
        return Nn.MseLoss(_first.Forward(x), a.T);
        """)]
    public void Body(string name, string body)
    {
        name.ShouldNotBeEmpty();
        DiagnosticHarness.Verify(DiagnosticHarness.InModel(body));
    }

    [Theory]
    [InlineData("helper hides layers", """
        Tensor y = {|LORA2002:Hidden()|};
        return Nn.MseLoss(y, target);
        """, """
        private Tensor Hidden() => _first.Forward(_constant);
        """)]
    [InlineData("helper hides layers deep", """
        Tensor y = {|LORA2002:Hidden()|};
        return Nn.MseLoss(y, target);
        """, """
        private Tensor Hidden() => Deeper();
        private Tensor Deeper() { return _first.Forward(_constant); }
        """)]
    [InlineData("property hides layers", """
        return Nn.MseLoss(_first.Forward(x) + {|LORA2002:Hidden|}, target);
        """, """
        private Tensor Hidden => _first.Forward(_constant);
        """)]
    [InlineData("number hides layers", """
        return {|LORA2002:Hidden()|} * Nn.MseLoss(_first.Forward(x), target);
        """, """
        private float Hidden() => Nn.MseLoss(_first.Forward(_constant), _constant);
        """)]
    [InlineData("method group argument", """
        Tensor y = {|LORA2002:Apply(_first.Forward)|};
        return Nn.MseLoss(y, target);
        """, """
        private Tensor Apply(Func<Tensor, Tensor> f) => f(_constant);
        """)]
    [InlineData("delegate field", """
        Tensor y = {|LORA2002:_act(x)|};
        return Nn.MseLoss(y, target);
        """, """
        private readonly Func<Tensor, Tensor> _act = Nn.Relu;
        """)]
    [InlineData("range", """
        Tensor y = {|LORA2002:Pick(x, 0..2)|};
        return Nn.MseLoss(y, target);
        """, """
        private static Tensor Pick(Tensor x, Range r) => x;
        """)]
    [InlineData("object holding tensor", """
        var a = new Holder { T = {|LORA2006:x|} };
        return Nn.MseLoss(_first.Forward(x), a.T);
        """, """
        private sealed class Holder { public Tensor? T; }
        """)]
    public void BodyWithMembers(string name, string body, string members)
    {
        name.ShouldNotBeEmpty();
        DiagnosticHarness.Verify(DiagnosticHarness.InModel(body, members));
    }
}
