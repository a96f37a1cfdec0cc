namespace Lora.Generators.Tests;

/// <summary>Bodies that must be differentiated as they are written: the eager loss, and its gradients by central differences.</summary>
public class AllowedBodyTests
{
    [Theory]
    [InlineData("plain", """
        return Nn.MseLoss(_first.Forward(x), target);
        """)]
    [InlineData("condition on Stop", """
        float loss = Nn.MseLoss(_first.Forward(x), target);
        if (Nn.Stop(loss) > 1e9f) { return loss; }
        return 2 * loss;
        """)]
    [InlineData("loop bound on Stop", """
        for (int i = 0; i < 1 + Nn.Stop(Nn.MseLoss(x, x)); i++) { x = _first.Forward(x); }
        return Nn.MseLoss(x, target);
        """)]
    [InlineData("stop tensor", """
        Tensor y = Nn.Stop(Ops.Square(target));
        return Nn.MseLoss(_second.Forward(y), target);
        """)]
    [InlineData("stop number", """
        float scale = Nn.Stop(Nn.MseLoss(x, target));
        return scale * Nn.MseLoss(_second.Forward(x), target);
        """)]
    [InlineData("discard", """
        _ = _first.Forward(x);
        return Nn.MseLoss(_second.Forward(x), target);
        """)]
    [InlineData("discard number", """
        _ = Nn.MseLoss(_first.Forward(x), target);
        return Nn.MseLoss(_second.Forward(x), target);
        """)]
    [InlineData("nested ternaries", """
        Tensor y = _count > 3 ? x : _count > 1 ? _first.Forward(x) : _second.Forward(x);
        return Nn.MseLoss(y, target);
        """)]
    [InlineData("number ternary", """
        return _count > 1 ? Nn.MseLoss(_first.Forward(x), target) : _count > 5 ? 1 : Nn.MseLoss(x, target);
        """)]
    [InlineData("checked", """
        int n = checked(_count + 1);
        unchecked { n = n * 3; }
        return n * Nn.MseLoss(_first.Forward(x), target);
        """)]
    [InlineData("casts", """
        return (float)_count * (float)Nn.MseLoss((Tensor)_first.Forward((Tensor)x), target) + (float)1.5;
        """)]
    [InlineData("suppress", """
        return Nn.MseLoss(_first.Forward(x!)!, target!);
        """)]
    [InlineData("suppress number", """
        Tensor? y = _first.Forward(x);
        return Nn.MseLoss(y!, target)!;
        """)]
    [InlineData("target typed new", """
        int[] k = new int[2];
        List<int> l = new() { 1, 2 };
        return (l.Count + k.Length) * Nn.MseLoss(_first.Forward(x), target);
        """)]
    [InlineData("params", """
        return Nn.MseLoss(Ops.Weight(_first.Forward(x), 1, 2, _count), target);
        """)]
    [InlineData("params array", """
        int[] w = [1, 2, _count];
        return Nn.MseLoss(Ops.Weight(_first.Forward(x), w), target);
        """)]
    [InlineData("params none", """
        return Nn.MseLoss(Ops.Weight(_first.Forward(x), [1]), target);
        """)]
    [InlineData("params stackalloc", """
        Span<int> w = stackalloc int[] { 1, 2 };
        return Nn.MseLoss(Ops.Weight(_first.Forward(x), w), target);
        """)]
    [InlineData("named out of order", """
        return Nn.MseLoss(target: target, prediction: Ops.Scale(offset: 0.5f, by: _count, x: _first.Forward(x)));
        """)]
    [InlineData("optional", """
        return Nn.MseLoss(Ops.Scale(_first.Forward(x), 0.5f), target);
        """)]
    [InlineData("extension", """
        return Nn.MseLoss(_first.Forward(x).Square(), target);
        """)]
    [InlineData("const local", """
        const float By = 1.5f;
        const int K = 3;
        Tensor y = Ops.Scale(_first.Forward(x), By);
        return Nn.MseLoss(Ops.Weight(y, K, 1), target);
        """)]
    [InlineData("local changed between uses", """
        float by = 1.5f;
        Tensor y = Ops.Scale(_first.Forward(x), by);
        by = 3;
        y = Ops.Scale(_second.Forward(y), by);
        by = 100;
        return Nn.MseLoss(y, target);
        """)]
    [InlineData("local changed in argument", """
        int i = 0;
        Tensor y = _layers[i++].Forward(_first.Forward(x));
        y = _layers[i].Forward(y);
        return Nn.MseLoss(y, target);
        """)]
    [InlineData("side effect order", """
        int i = 1;
        Tensor y = Ops.Scale(Ops.Scale(_first.Forward(x), i++), i++);
        return i * Nn.MseLoss(y, target);
        """)]
    [InlineData("side effect order 2", """
        int i = 1;
        Tensor y = Ops.Scale(_first.Forward(x), i, i = 3);
        return i * Nn.MseLoss(y, target);
        """)]
    [InlineData("side effect order 3", """
        float i = 1;
        Tensor y = Ops.Times(Ops.Scale(_first.Forward(x), i), Ops.Scale(_second.Forward(x), i = 3));
        return i * Nn.MseLoss(y, target);
        """)]
    [InlineData("side effect factor", """
        int i = 1;
        return i++ * Nn.MseLoss(_first.Forward(x), target) + i++ * Nn.MseLoss(_second.Forward(x), target) * i;
        """)]
    [InlineData("side effect factor 2", """
        int i = 1;
        return i * Nn.MseLoss(Ops.Scale(_first.Forward(x), i++), target);
        """)]
    [InlineData("side effect factor 3", """
        float i = 1;
        float a = i;
        float loss = a * Nn.MseLoss(_first.Forward(x), target);
        a = 5;
        return loss;
        """)]
    [InlineData("receiver order", """
        int i = 0;
        return Nn.MseLoss(_blocks[i].Forward(Ops.Scale(_first.Forward(x), i = 1)), target);
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
    [InlineData("locals named like generated", """
        Tensor saved = _first.Forward(x);
        Tensor work = _second.Forward(saved);
        float gradResult = 2;
        int iteration = 1;
        float value = Nn.MseLoss(work, target);
        float state = value * gradResult;
        float call = state + iteration;
        return call;
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
    [InlineData("locals named like gradients", """
        float gradLoss = Nn.MseLoss(_first.Forward(x), target);
        float loss = gradLoss * gradLoss;
        float gradX = loss * gradLoss;
        return gradX + loss;
        """)]
    [InlineData("keyword names", """
        Tensor @class = _first.Forward(x);
        float @float = 2;
        float @return = Nn.MseLoss(Ops.Scale(@class, @float), target);
        @return = @return * @return;
        return @return;
        """)]
    [InlineData("local of the name of a field", """
        Tensor constant = _first.Forward(x);
        Tensor first = _constant;
        return Nn.MseLoss(constant + first, target);
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
    [InlineData("chained assignment", """
        Tensor y, z;
        y = z = _first.Forward(x);
        return Nn.MseLoss(y, target) + Nn.MseLoss(z, x);
        """)]
    [InlineData("chained number assignment", """
        float a, b;
        a = b = Nn.MseLoss(_first.Forward(x), target);
        return a * b;
        """)]
    [InlineData("compound", """
        float a = Nn.MseLoss(_first.Forward(x), target);
        a += 1; a *= a; a -= 0.5f; a /= 3;
        return a;
        """)]
    [InlineData("compound tensor", """
        Tensor y = _first.Forward(x);
        y += x;
        y += y;
        return Nn.MseLoss(y, target);
        """)]
    [InlineData("division both", """
        float a = Nn.MseLoss(_first.Forward(x), target);
        float b = Nn.MseLoss(_second.Forward(x), target);
        return -a / (b + 1) - +b * -a;
        """)]
    [InlineData("plain division", """
        float k = 3;
        float a = k / (1 + Nn.MseLoss(_first.Forward(x), target));
        k = 7;
        return a;
        """)]
    [InlineData("integer factors", """
        int n = 5;
        return n / 2 * Nn.MseLoss(_first.Forward(x), target);
        """)]
    [InlineData("plain double factor", """
        double d = 0.1;
        return (float)d * Nn.MseLoss(_first.Forward(x), target);
        """)]
    [InlineData("shape use", """
        int n = x.Shape[0];
        int m = x.Shape[^1] + x.Rank + x.Length;
        return (n + m) * Nn.MseLoss(_first.Forward(x), target);
        """)]
    [InlineData("shape local", """
        ReadOnlySpan<int> shape = x.Shape;
        return shape[0] * Nn.MseLoss(_first.Forward(x), target);
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
    [InlineData("plain lambda", """
        Func<int, int> f = a => a + _count;
        return f(1) * Nn.MseLoss(_first.Forward(x), target);
        """)]
    [InlineData("interpolated constant", """
        string s = $"{_count:D2} layers";
        return s.Length * Nn.MseLoss(_first.Forward(x), target);
        """)]
    [InlineData("switch plain", """
        float k = _count switch { 1 => 0.5f, 2 => 1.5f, _ => 2 };
        return k * Nn.MseLoss(_first.Forward(x), target);
        """)]
    [InlineData("plain tuple var", """
        var p = (A: 2, B: 0.5f);
        return p.A * p.B * Nn.MseLoss(_first.Forward(x), target);
        """)]
    [InlineData("local layer", """
        Linear layer = _layers[1];
        Block block = _blocks[0];
        return Nn.MseLoss(layer.Forward(block.Forward(x)), target);
        """)]
    [InlineData("local layer changed", """
        Linear layer = _first;
        x = layer.Forward(x);
        layer = _second;
        x = layer.Forward(x);
        layer = _layers[0];
        return Nn.MseLoss(x, target);
        """)]
    [InlineData("layer chosen", """
        x = (_count > 1 ? _first : _second).Forward(x);
        return Nn.MseLoss(x, target);
        """)]
    [InlineData("block chosen", """
        x = (_count > 1 ? _blocks[0] : _blocks[1]).Forward(x);
        return Nn.MseLoss(x, target);
        """)]
    [InlineData("layer by index from end", """
        return Nn.MseLoss(_blocks[^1].Forward(_blocks[0].Forward(x)), target);
        """)]
    [InlineData("linq over layers", """
        foreach (Block block in _blocks.Reverse()) { x = block.Forward(x); }
        foreach (var block in _blocks) { x = block.Forward(x); }
        return Nn.MseLoss(x, target);
        """)]
    [InlineData("unused result", """
        _first.Forward(x);
        Nn.MseLoss(_first.Forward(x), target);
        return Nn.MseLoss(_second.Forward(x), target);
        """)]
    [InlineData("early return in loop", """
        foreach (Block block in _blocks)
        {
            x = block.Forward(x);
            if (_count == 2) { return Nn.MseLoss(x, target); }
        }
        return 2 * Nn.MseLoss(x, target);
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
    [InlineData("constant tensor", """
        Tensor zeros = Tensor.Zeros(3, 4);
        Tensor y = _first.Forward(x) + zeros + _constant + Tensor.Full(0.5f, 3, 4);
        return Nn.MseLoss(y, target);
        """)]
    [InlineData("constant tensor field used after stop", """
        return Nn.MseLoss(Ops.Shift(_first.Forward(x), _constant), Nn.Stop(target));
        """)]
    [InlineData("mask parameter stopped", """
        return Nn.MseLoss(Ops.Shift(_first.Forward(x), Nn.Stop(target)), target);
        """)]
    [InlineData("return assignment", """
        float a;
        return a = Nn.MseLoss(_first.Forward(x), target);
        """)]
    [InlineData("assignment in argument", """
        Tensor y;
        return Nn.MseLoss(y = _first.Forward(x), target) + Nn.MseLoss(y, x);
        """)]
    [InlineData("reassigned before use in same call", """
        Tensor y = _first.Forward(x);
        return Nn.MseLoss(Ops.Times(y, y = _second.Forward(y)), y);
        """)]
    [InlineData("reassigned variable in same call", """
        Tensor y = x;
        if (_count > 0) { y = _first.Forward(x); }
        return Nn.MseLoss(Ops.Times(y, y = _second.Forward(y)), y);
        """)]
    [InlineData("reassigned number in same expression", """
        float a = Nn.MseLoss(_first.Forward(x), target);
        return a * (a = a * a) + a;
        """)]
    [InlineData("reassigned variable number in same expression", """
        float a = 1;
        if (_count > 0) { a = Nn.MseLoss(_first.Forward(x), target); }
        return a * (a = a * a) + a;
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
    [InlineData("lock free comment", """
        // a comment; "}" and {
        /* another */ Tensor y = _first /* in */ .Forward(x); // after
        #region r
        return Nn.MseLoss(y, target);
        #endregion
        """)]
    [InlineData("preprocessor", """
        #if DEBUG
        x = x;
        #else
        x = _first.Forward(x);
        #endif
        return Nn.MseLoss(x, target);
        """)]
    [InlineData("implicit conversion int", """
        float loss = 1;
        loss += Nn.MseLoss(_first.Forward(x), target);
        return loss;
        """)]
    [InlineData("int start", """
        float loss = 1;
        float half = loss / 2;
        loss = loss / 2;
        loss += Nn.MseLoss(_first.Forward(x), target);
        return loss + half;
        """)]
    [InlineData("const in loop", """
        for (int i = 0; i < 2; i++) { const float By = 0.5f; x = Ops.Scale(_first.Forward(x), By); }
        return Nn.MseLoss(x, target);
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
    [InlineData("out var plain", """
        int.TryParse("3", out var n);
        return Nn.MseLoss(Ops.Scale(_first.Forward(x), n), target);
        """)]
    [InlineData("in out order", """
        int n = 0;
        Interlocked.Increment(ref n);
        x = Ops.Scale(_first.Forward(x), n);
        Interlocked.Increment(ref n);
        return n * Nn.MseLoss(x, target);
        """)]
    [InlineData("object from field", """
        object o = _constant;
        return Nn.MseLoss(_first.Forward((Tensor)o), target);
        """)]
    [InlineData("ref number not data", """
        float f = 2;
        Interlocked.Exchange(ref f, 3f);
        return f * Nn.MseLoss(_first.Forward(x), target);
        """)]
    [InlineData("int start 2", """
        int n = 3;
        float loss = n;
        loss = loss / 2;
        loss += Nn.MseLoss(_first.Forward(x), target);
        return loss;
        """)]
    [InlineData("default float", """
        float loss = default;
        loss += Nn.MseLoss(_first.Forward(x), target);
        return loss;
        """)]
    [InlineData("const float number", """
        const float Start = 1;
        float loss = Start;
        loss = loss / 2 + Nn.MseLoss(_first.Forward(x), target);
        return loss;
        """)]
    [InlineData("checked loss", """
        return checked(Nn.MseLoss(_first.Forward(x), target) * 2);
        """)]
    [InlineData("coalesce constants", """
        Tensor y = Kept ?? _constant;
        return Nn.MseLoss(_first.Forward(x), y);
        """)]
    [InlineData("layer alias chosen in loop", """
        Linear layer = _first;
        for (int i = 0; i < 2; i++) { x = layer.Forward(x); layer = _second; }
        return Nn.MseLoss(x, target);
        """)]
    [InlineData("optional chosen layer coalesce", """
        x = (_missing ?? _block).Forward(x);
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
    [InlineData("unsafe block", """
        unsafe { x = _first.Forward(x); }
        return Nn.MseLoss(x, target);
        """)]
    public void Body(string name, string body)
    {
        name.ShouldNotBeEmpty();
        AllowedProgram.Check(DiagnosticHarness.InModel(body));
    }

    [Theory]
    [InlineData("helper hides layers but stopped", """
        return Nn.MseLoss(_first.Forward(x) + Nn.Stop(Hidden()), target);
        """, """
        private readonly Linear _plainLayer = new(4, 4);
        private Tensor Hidden() => _plainLayer.Forward(_constant);
        """)]
    [InlineData("helper marked", """
        return Nn.MseLoss(_first.Forward(x) + Hidden(), target);
        """, """
        private readonly Linear _plainLayer = new(4, 4);
        [NoDerivative] private Tensor Hidden() => _plainLayer.Forward(_constant);
        """)]
    [InlineData("helper without layers", """
        return Factor() * Nn.MseLoss(_first.Forward(x) + Mask(3), target);
        """, """
        private Tensor Mask(int n) => Tensor.Full(n, 3, 4);
        private float Factor() => 0.5f;
        """)]
    [InlineData("dictionary of layers", """
        return Nn.MseLoss(_named["a"].Forward(_first.Forward(x)), target);
        """, """
        private readonly Dictionary<string, Linear> _named = new() { ["a"] = new(4, 4) };
        """)]
    [InlineData("static layer and holder", """
        return Nn.MseLoss(_staticLayer.Forward(_holder.Layer.Forward(_first.Forward(x))), target);
        """, """
        private static readonly Linear _staticLayer = new(4, 4);
        private readonly Holder _holder = new();
        private sealed class Holder { public Linear Layer { get; } = new(4, 4); }
        """)]
    [InlineData("random factor read once", """
        return _random.NextSingle() * 0 + Nn.MseLoss(Ops.Scale(_first.Forward(x), 1 + 0 * _random.Next()), target) * (1 + _counter.Next() * 0);
        """, """
        private readonly Random _random = new(3);
        private readonly Counter _counter = new();
        private sealed class Counter { private int _n; public int Next() => _n++; }
        """)]
    [InlineData("counter factor", """
        return (1 + _counter.Next()) * Nn.MseLoss(_first.Forward(x), target) / (1 + _counter.Next());
        """, """
        private readonly Counter _counter = new();
        private sealed class Counter { private int _n; public int Next() => _n++ % 2; }
        """)]
    [InlineData("mutable field changed by call between", """
        return Ops.Mean(Ops.Square(_second.Forward(x))) + Ops.Mean(Ops.Scale(_first.Forward(x), _number, Bump())) + _number + Bump();
        """, """
        private float Bump() { _number = 1 - _number; return 0.5f + _number; }
        """)]
    public void BodyWithMembers(string name, string body, string members)
    {
        name.ShouldNotBeEmpty();
        AllowedProgram.Check(DiagnosticHarness.InModel(body, members));
    }
}
