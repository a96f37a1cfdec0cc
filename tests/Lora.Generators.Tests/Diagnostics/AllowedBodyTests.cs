namespace Lora.Generators.Tests;

/// <summary>Bodies without branches that must be differentiated as they are written: the eager loss, and its gradients by central differences.</summary>
public class AllowedBodyTests
{
    [Theory]
    [InlineData("plain", """
        return Nn.MseLoss(_first.Forward(x), target);
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
    [InlineData("plain lambda", """
        Func<int, int> f = a => a + _count;
        return f(1) * Nn.MseLoss(_first.Forward(x), target);
        """)]
    [InlineData("interpolated constant", """
        string s = $"{_count:D2} layers";
        return s.Length * Nn.MseLoss(_first.Forward(x), target);
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
    [InlineData("layer by index from end", """
        return Nn.MseLoss(_blocks[^1].Forward(_blocks[0].Forward(x)), target);
        """)]
    [InlineData("unused result", """
        _first.Forward(x);
        Nn.MseLoss(_first.Forward(x), target);
        return Nn.MseLoss(_second.Forward(x), target);
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
    [InlineData("reassigned number in same expression", """
        float a = Nn.MseLoss(_first.Forward(x), target);
        return a * (a = a * a) + a;
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
    [InlineData("unsafe block", """
        unsafe { x = _first.Forward(x); }
        return Nn.MseLoss(x, target);
        """)]
    public void Body(string name, string body)
    {
        name.ShouldNotBeEmpty();
        AllowedProgram.CheckBody(body);
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
        AllowedProgram.CheckBody(body, members);
    }
}
