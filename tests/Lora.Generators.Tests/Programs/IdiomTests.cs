namespace Lora.Generators.Tests;

/// <summary>What C# lets one write in a body: collections of layers in every dress, null tests, holes in strings, numbers that change.</summary>
public class IdiomTests
{
    private static readonly Tensor _x = Inputs.Normal(1, 3, 4);
    private static readonly Tensor _target = Inputs.Normal(2, 3, 4);

    [Theory]
    [InlineData("interp static", """
        if (n > 100) { throw new ArgumentException($"{Depth} {Depth:D3} {nameof(n)} {(n > 2 ? Mode.A : Mode.B)}"); }
        string s = $"{Depth,5:D3}|{Mode.A}|{Math.Max(1, 2)}";
        x = _a.Forward(_b.Forward(x)) * s.Length;
        """)]
    [InlineData("null mask ternary", """
        x = Nn.Attention(_a.Forward(x), _b.Forward(x), x, 2, flag ? _mask : null);
        x = Nn.Attention(_a.Forward(x), _b.Forward(x), x, 2, n > 100 ? _mask : null);
        """)]
    [InlineData("zeros state", """
        Tensor h = Tensor.Zeros(x.Shape[0], 4);
        for (int i = 0; i < n; i++) { h = Nn.Tanh(_a.Forward(h) + _b.Forward(x)); }
        x = h;
        """)]
    [InlineData("zip pairs", """
        foreach (var pair in _layers.Zip(_more)) { x = Nn.Tanh(pair.First.Forward(x)) + pair.Second.Forward(x); }
        x = _a.Forward(_b.Forward(x));
        """)]
    [InlineData("range foreach", """
        foreach (Linear l in _layers[1..]) { x = Nn.Tanh(l.Forward(x)); }
        foreach (Linear l in _layers.AsSpan(0, 1)) { x = Nn.Tanh(l.Forward(x)); }
        x = _a.Forward(_b.Forward(x));
        """)]
    [InlineData("layer by method", """
        for (int i = 0; i < 2; i++) { x = Nn.Tanh(Pick(i).Forward(x)); }
        x = _a.Forward(_b.Forward(x));
        """)]
    [InlineData("layer by switch", """
        for (int i = 0; i < 3; i++) { x = Nn.Tanh((i switch { 0 => _a, 1 => _b, _ => _layers[0] }).Forward(x)); }
        """)]
    [InlineData("float param reassigned", """
        w = w * Nn.Mean(_a.Forward(x));
        loss += w;
        x = _b.Forward(x);
        """)]
    [InlineData("foreach floats", """
        foreach (float f in new[] { 0.5f, 1.5f }) { x = _a.Forward(_b.Forward(x)) * f; loss *= f; }
        """)]
    [InlineData("plain while in lambda", """
        Func<int, int> g = k => { while (k > 3) { k -= 2; } return k; };
        x = _a.Forward(_b.Forward(x)) * g(9);
        """)]
    [InlineData("conditional side effects", """
        int i = 0;
        if (i++ < 1 && ++i > 1) { x = _a.Forward(x); }
        x = _b.Forward(x) * i;
        """)]
    [InlineData("raw string", """"
        string s = """
            a
              b {
            """;
        x = _a.Forward(_b.Forward(x)) * s.Length;
        """")]
    [InlineData("multi-line statement", """
        x = _a.Forward(
            _b.Forward(
        #if NEVER
                y
        #else
                x
        #endif
            ));
        """)]
    [InlineData("var loss", """
        var total = 0f;
        for (var i = 0; i < n; i++) { var h = _a.Forward(x); total += Nn.Mean(h) / (i + 1); x = _b.Forward(h); }
        loss = total;
        """)]
    [InlineData("modify loop counter", """
        for (int i = 0; i < 6; i++) { if (i == 1) { i += 2; continue; } x = Nn.Tanh(_a.Forward(x)) * i + _b.Forward(x); }
        """)]
    [InlineData("sum of layer list with index", """
        x = _layers.Select((layer, i) => (layer, i)).Count() * _a.Forward(_b.Forward(x));
        """)]
    [InlineData("break out of both", """
        bool done = false;
        for (int i = 0; i < 4 && !done; i++)
        {
            foreach (Linear l in _layers)
            {
                x = Nn.Tanh(l.Forward(x));
                if (i == 1) { done = true; break; }
            }
        }
        x = _a.Forward(_b.Forward(x));
        """)]
    [InlineData("tensor from tuple", """
        var t = (Left: _a, Right: _b);
        x = t.Left.Forward(t.Right.Forward(x));
        """)]
    [InlineData("goto-like nested returns", """
        if (flag) { foreach (Linear l in _layers) { if (n > 1) { for (;;) { return loss + Nn.Mean(l.Forward(_a.Forward(_b.Forward(x)))); } } } }
        """)]
    [InlineData("static local constant array", """
        ReadOnlySpan<int> sizes = [1, 2, 1];
        int at = 0;
        Tensor? joined = null;
        foreach (int size in sizes)
        {
            Tensor piece = Nn.Slice(_a.Forward(x), 1, at, size);
            at += size;
            joined = joined is null ? piece : Nn.Concat(joined, piece, 1);
        }
        x = _b.Forward(joined!);
        """)]
    [InlineData("index and range values", """
        Index last = ^1;
        x = _layers[last].Forward(_a.Forward(_b.Forward(x)));
        """)]
    [InlineData("coalesce with side effects", """
        int i = 0;
        x = _maybe[i++]?.Forward(x) ?? Nn.Tanh(x);
        x = _maybe[i++]?.Forward(x) ?? Nn.Tanh(x);
        x = _maybe[^1]?.Forward(x) ?? Nn.Tanh(x);
        x = _a.Forward(_b.Forward(x)) * i;
        """)]
    [InlineData("suppressed receivers and arguments", """
        x = _optional!.Forward(x);
        x = _maybe[1]!.Forward(x);
        x = (_optional!).Forward(x);
        string s = Name!;
        x = Nn.Slice(_a.Forward(x), 0, 0, (Name!.Length - 1));
        x = _b.Forward(x) * Length(Name!);
        y = Nn.Slice(y, 0, 0, s.Length - 1);
        """)]
    [InlineData("suppressed list items", """
        for (int i = 0; i < _list.Count; i++)
        {
            if (_list[i] is null) { continue; }
            x = _list[i]!.Forward(x);
            x = Nn.Tanh(_list[i]?.Forward(x) ?? x);
        }
        x = _a.Forward(_b.Forward(x));
        """)]
    [InlineData("float parameter in loop", """
        for (int i = 0; i < n; i++)
        {
            x = Nn.Tanh(_a.Forward(x));
            if (flag) { w = w * Nn.Mean(x) + i; }
            else { w += 1; }
        }
        loss += w * w;
        x = _b.Forward(x) * (Nn.Stop(w) > 0.75f ? 1f : 2f);
        """)]
    [InlineData("null by recursive pattern", """
        Tensor? t = flag ? _a.Forward(x) : null;
        if (t is { }) { x = t; }
        if (t is not { }) { x = y; }
        x = _b.Forward(x);
        """)]
    [InlineData("interpolated static in condition", """
        if ($"{Depth}:{Mode.B}" == "2:B") { x = _a.Forward(x); }
        x = _b.Forward(x);
        """)]
    [InlineData("ternary chain of numbers in args", """
        x = Nn.Slice(_a.Forward(x), flag ? 0 : 1, n > 1 ? 1 : 0, 2);
        y = Nn.Slice(_b.Forward(y), flag ? 0 : 1, n > 1 ? 1 : 0, 2);
        """)]
    public void Bodies(string name, string body)
    {
        name.ShouldNotBeEmpty();
        new ProgramCheck(Source(body), "new Model()") { AllocatesByItself = true, Unused = ["lora_A", "lora_B"] }.Verify(_x, _target, 2, true, 0.7f);
    }

    private static string Source(string body) => $$"""
        using Lora;

        public enum Mode { A, B }

        public sealed partial class Model
        {
            private const int Depth = 2;
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _a = new(4, 4);
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _b = new(4, 4);
            private readonly Linear[] _layers = [new(4, 4), new(4, 4)];
            private readonly Linear[] _more = [new(4, 4), new(4, 4)];
            private readonly Tensor _mask = Tensor.From([0f, -1f, 0.5f, float.NegativeInfinity, 0f, 1f, 0f, 0f, float.NegativeInfinity], 3, 3);
            private readonly Linear? _optional = new(4, 4);
            private readonly Linear?[] _maybe = [null, new(4, 4), null];
            private readonly List<Linear?> _list = [null, new(4, 4), null];
            public string? Name { get; } = "abc";
            private static int Length(string s) => s.Length;
            private Linear Pick(int i) => i == 0 ? _a : _layers[i];

            [Differentiable]
            public float Loss(Tensor x, Tensor y, int n, bool flag, float w)
            {
                float loss = 0.5f;
        {{body}}
                return loss + Nn.MseLoss(x, y);
            }
        }
        """;
}
