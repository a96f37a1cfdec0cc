namespace Lora.Generators.Tests;

/// <summary>Branches and choices that must be differentiated as they are written.</summary>
public class AllowedBranchTests
{
    [Theory]
    [InlineData("condition on Stop", """
        float loss = Nn.MseLoss(_first.Forward(x), target);
        if (Nn.Stop(loss) > 1e9f) { return loss; }
        return 2 * loss;
        """)]
    [InlineData("nested ternaries", """
        Tensor y = _count > 3 ? x : _count > 1 ? _first.Forward(x) : _second.Forward(x);
        return Nn.MseLoss(y, target);
        """)]
    [InlineData("number ternary", """
        return _count > 1 ? Nn.MseLoss(_first.Forward(x), target) : _count > 5 ? 1 : Nn.MseLoss(x, target);
        """)]
    [InlineData("suppress number", """
        Tensor? y = _first.Forward(x);
        return Nn.MseLoss(y!, target)!;
        """)]
    [InlineData("optional layer", """
        if (_missing is not null) { x = _missing.Forward(x); }
        x = _missing?.Forward(x) ?? _first.Forward(x);
        return Nn.MseLoss(x, target);
        """)]
    [InlineData("null tests", """
        Tensor? y = null;
        if (_count > 1) { y = _first.Forward(x); }
        if (y is null) { return 0; }
        return Nn.MseLoss(y, target);
        """)]
    [InlineData("null tests 2", """
        Tensor? y = null;
        if (_count > 1) { y = _first.Forward(x); }
        if (y != null) { x = y; }
        return Nn.MseLoss(x, target);
        """)]
    [InlineData("default tensor", """
        Tensor? y = default(Tensor);
        Tensor? z = default;
        if (y is null && z is null) { x = _first.Forward(x); }
        return Nn.MseLoss(x, target);
        """)]
    [InlineData("deconstruct shape", """
        if (x.Shape is [var rows, 4]) { x = Ops.Scale(_first.Forward(x), rows); }
        return Nn.MseLoss(x, target);
        """)]
    [InlineData("throw", """
        if (x.Rank != 2) { throw new ArgumentException("rank", nameof(x)); }
        ArgumentNullException.ThrowIfNull(x);
        return Nn.MseLoss(_first.Forward(x), target);
        """)]
    [InlineData("switch plain", """
        float k = _count switch { 1 => 0.5f, 2 => 1.5f, _ => 2 };
        return k * Nn.MseLoss(_first.Forward(x), target);
        """)]
    [InlineData("layer chosen", """
        x = (_count > 1 ? _first : _second).Forward(x);
        return Nn.MseLoss(x, target);
        """)]
    [InlineData("block chosen", """
        x = (_count > 1 ? _blocks[0] : _blocks[1]).Forward(x);
        return Nn.MseLoss(x, target);
        """)]
    [InlineData("if else returns", """
        if (_count == 2) { return Nn.MseLoss(_first.Forward(x), target); }
        else { return Nn.MseLoss(_second.Forward(x), target); }
        """)]
    [InlineData("nested if return and rest", """
        float a = Nn.MseLoss(_first.Forward(x), target);
        if (_count > 1)
        {
            a *= a;
            if (_count > 2) { return a; }
            a += Nn.MseLoss(_second.Forward(x), target);
        }
        else
        {
            if (_count == 0) { a = a * 2; return a; }
            a = a / 2;
        }
        return a * 3;
        """)]
    [InlineData("assigned in one branch", """
        Tensor y;
        if (_count > 1) { y = _first.Forward(x); } else { y = _second.Forward(x); }
        return Nn.MseLoss(y, target);
        """)]
    [InlineData("reassigned variable in same call", """
        Tensor y = x;
        if (_count > 0) { y = _first.Forward(x); }
        return Nn.MseLoss(Ops.Times(y, y = _second.Forward(y)), y);
        """)]
    [InlineData("reassigned variable number in same expression", """
        float a = 1;
        if (_count > 0) { a = Nn.MseLoss(_first.Forward(x), target); }
        return a * (a = a * a) + a;
        """)]
    [InlineData("property pattern on plain", """
        if (_layers is { Length: > 1 }) { x = _first.Forward(x); }
        if (_layers is [var a, _]) { x = a.Forward(x); }
        return Nn.MseLoss(x, target);
        """)]
    [InlineData("is declared layer", """
        if (_layers[0] is Linear l) { x = l.Forward(_first.Forward(x)); }
        return Nn.MseLoss(x, target);
        """)]
    [InlineData("out plain", """
        if (int.TryParse("3", out int n)) { x = Ops.Scale(_first.Forward(x), n); }
        return Nn.MseLoss(x, target);
        """)]
    [InlineData("coalesce constants", """
        Tensor y = Kept ?? _constant;
        return Nn.MseLoss(_first.Forward(x), y);
        """)]
    [InlineData("optional chosen layer coalesce", """
        x = (_missing ?? _block).Forward(x);
        return Nn.MseLoss(x, target);
        """)]
    public void Body(string name, string body)
    {
        name.ShouldNotBeEmpty();
        AllowedProgram.CheckBody(body);
    }
}
