namespace Lora.Generators.Tests;

/// <summary>Loops that must be differentiated as they are written.</summary>
public class AllowedLoopTests
{
    [Theory]
    [InlineData("loop bound on Stop", """
        for (int i = 0; i < 1 + Nn.Stop(Nn.MseLoss(x, x)); i++) { x = _first.Forward(x); }
        return Nn.MseLoss(x, target);
        """)]
    [InlineData("loop variables", """
        for (int i = 0; i < _layers.Length; i++)
        {
            x = Ops.Scale(_layers[i].Forward(_first.Forward(x)), i + 1);
        }
        return Nn.MseLoss(x, target);
        """)]
    [InlineData("loop two variables", """
        for (int i = 0, j = 2; i < j; i++, j--)
        {
            x = Ops.Scale(_first.Forward(x), i + j);
        }
        return Nn.MseLoss(x, target);
        """)]
    [InlineData("loop external variable", """
        int i;
        for (i = 0; i < 2; i++)
        {
            x = Ops.Scale(_first.Forward(x), i + 1);
        }
        return i * Nn.MseLoss(x, target);
        """)]
    [InlineData("loop infinite with break", """
        int n = 0;
        for (; ; )
        {
            n++;
            if (n > 2) { break; }
            x = Ops.Scale(_first.Forward(x), n);
        }
        return Nn.MseLoss(x, target);
        """)]
    [InlineData("loop continue", """
        float loss = 0;
        for (int i = 0; i < 4; i++)
        {
            if (i == 1) { continue; }
            loss += i * Nn.MseLoss(_first.Forward(x), target);
            if (i == 2) { break; }
        }
        return loss;
        """)]
    [InlineData("loop carried number", """
        float loss = 1;
        foreach (Block block in _blocks)
        {
            x = block.Forward(x);
            loss = loss * Nn.MseLoss(x, target) + loss;
        }
        return loss;
        """)]
    [InlineData("nested loops", """
        float loss = 0;
        foreach (Block block in _blocks)
        {
            for (int i = 0; i < 2; i++)
            {
                x = block.Forward(_first.Forward(x));
                loss += Nn.MseLoss(x, target) * (i + 1);
            }
            loss *= 0.5f;
        }
        return loss;
        """)]
    [InlineData("three nested loops", """
        float loss = 0;
        for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++)
        for (int k = 0; k < 2; k++)
        {
            x = Ops.Scale(_first.Forward(x), 0.5f + 0.1f * (i + j + k));
            loss += Nn.MseLoss(x, target) * (i + 1);
        }
        return loss;
        """)]
    [InlineData("four nested loops", """
        float loss = 0;
        for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++)
        for (int k = 0; k < 2; k++)
        for (int l = 0; l < 1; l++)
        {
            x = Ops.Scale(_first.Forward(x), 0.5f + 0.1f * (i + j + k));
            loss += Nn.MseLoss(x, target) * (i + 1);
        }
        return loss;
        """)]
    [InlineData("shadow in blocks", """
        {
            Tensor y = _first.Forward(x);
            x = y;
        }
        {
            Tensor y = _second.Forward(x);
            x = y;
        }
        float z = 1;
        for (int i = 0; i < 2; i++) { int w = i; x = Ops.Scale(x, w + 1); }
        for (int i = 0; i < 2; i++) { int w = i; z += w; }
        return z * Nn.MseLoss(x, target);
        """)]
    [InlineData("locals named i in backward", """
        float i = 0;
        int i2 = 2;
        foreach (Block iteration in _blocks)
        {
            x = iteration.Forward(x);
            i += i2 * Nn.MseLoss(x, target);
        }
        return i;
        """)]
    [InlineData("linq over layers", """
        foreach (Block block in _blocks.Reverse()) { x = block.Forward(x); }
        foreach (var block in _blocks) { x = block.Forward(x); }
        return Nn.MseLoss(x, target);
        """)]
    [InlineData("early return in loop", """
        foreach (Block block in _blocks)
        {
            x = block.Forward(x);
            if (_count == 2) { return Nn.MseLoss(x, target); }
        }
        return 2 * Nn.MseLoss(x, target);
        """)]
    [InlineData("block in loop with local declared before", """
        Tensor last = x;
        for (int i = 0; i < 3; i++)
        {
            Tensor before = last;
            last = _first.Forward(before);
            last = Ops.Times(last, before);
        }
        return Nn.MseLoss(last, target);
        """)]
    [InlineData("pair swap in loop", """
        Tensor a = _first.Forward(x);
        Tensor b = _second.Forward(x);
        for (int i = 0; i < 3; i++)
        {
            Tensor t = a;
            a = Ops.Times(b, b);
            b = t;
        }
        return Nn.MseLoss(a, b);
        """)]
    [InlineData("const in loop", """
        for (int i = 0; i < 2; i++) { const float By = 0.5f; x = Ops.Scale(_first.Forward(x), By); }
        return Nn.MseLoss(x, target);
        """)]
    [InlineData("layer alias chosen in loop", """
        Linear layer = _first;
        for (int i = 0; i < 2; i++) { x = layer.Forward(x); layer = _second; }
        return Nn.MseLoss(x, target);
        """)]
    [InlineData("loop var named as member", """
        for (int count = 0; count < 2; count++) { foreach (Block block in _blocks) { x = Ops.Scale(block.Forward(x), count + 1); } }
        return Nn.MseLoss(x, target);
        """)]
    [InlineData("loops in branches with returns", """
        for (int i = 0; i < 3; i++)
        {
            if (i == 1) { for (int j = 0; j < 2; j++) { x = _first.Forward(x); if (j == 1) { return Nn.MseLoss(x, target); } } }
            x = _second.Forward(x);
        }
        return 3 * Nn.MseLoss(x, target);
        """)]
    [InlineData("number carried out of nested branch", """
        float a = 0, b = 1;
        for (int i = 0; i < 3; i++)
        {
            float c = Nn.MseLoss(_first.Forward(x), target);
            if (i > 0) { a += c * b; b = c; } else { b = a + c; }
            float t = a; a = b; b = t;
        }
        return a / b;
        """)]
    public void Body(string name, string body)
    {
        name.ShouldNotBeEmpty();
        AllowedProgram.CheckBody(body);
    }
}
