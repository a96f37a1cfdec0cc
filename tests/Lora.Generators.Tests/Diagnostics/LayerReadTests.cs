namespace Lora.Generators.Tests;

/// <summary>Adapters that no differentiable method comes to are reported.</summary>
public class LayerReadTests
{
    [Fact]
    public void Unread() => DiagnosticHarness.Verify(
        """
        public sealed partial class Model
        {
            [Lora] private readonly Linear _a = new(4, 4);
            [Lora] private readonly Linear {|LORA0009:_b|} = new(4, 4);
            [Lora] private readonly Embedding {|LORA0009:_c|} = new(4, 4);
            [Lora] public Linear {|LORA0009:D|} { get; init; } = new(4, 4);
            [Lora] public partial Linear {|LORA0009:E|} { get; set; }
            private readonly Linear _plain = new(4, 4);
            public Model() { E = new(4, 4); }
            [Differentiable] public Tensor Forward(Tensor x) => _a.Forward(x);
            public Tensor Predict(Tensor x) => _b.Forward(D.Forward(x));
            public string Names => nameof(_b) + nameof(D);
        }
        """);

    [Fact]
    public void NoDifferentiableMethod() => DiagnosticHarness.Verify(
        """
        public sealed partial class Model
        {
            [Lora] private readonly Linear {|LORA0009:_a|} = new(4, 4);
            public Tensor Forward(Tensor x) => _a.Forward(x);
        }
        """);

    [Fact]
    public void ReadOnTheWay() => DiagnosticHarness.Verify(
        """
        public sealed partial class Model
        {
            [Lora] private readonly Linear _a = new(4, 4), _b = new(4, 4);
            [Lora] private readonly Linear _c = new(4, 4);
            [Lora] private readonly Linear _d = new(4, 4);
            [Lora] private readonly Linear _e = new(4, 4);
            [Lora] private readonly Linear {|LORA0009:_f|} = new(4, 4);
            [Lora] public partial Linear G { get; init; }
            private readonly Linear[] _array;
            private readonly List<Linear> _list = [];
            private IEnumerable<Linear> All => [_c];
            private Linear Chosen() => _d;
            public Model() { G = new(4, 4); _array = [_a, _b]; foreach (Linear layer in new[] { _e }) { _list.Add(layer); } }
            [Differentiable] public Tensor Forward(Tensor x)
            {
                foreach (Linear layer in _array) { x = layer.Forward(x); }
                foreach (Linear layer in _list) { x = layer.Forward(x); }
                foreach (Linear layer in All) { x = layer.Forward(x); }
                return Twice(Chosen().Forward(x));
            }
            [Differentiable] private Tensor Twice(Tensor x) => G.Forward(x);
        }
        """);

    [Fact]
    public void ReadByOtherClasses() => DiagnosticHarness.Verify(
        """
        public sealed partial class Block<T>
        {
            [Lora] public Linear A { get; } = new(4, 4);
            [Lora] internal readonly Linear {|LORA0009:B|} = new(4, 4);
            [Lora] private readonly Linear _c = new(4, 4);
            public sealed partial class Nested
            {
                private readonly Block<T> _block = new();
                [Differentiable] public Tensor Forward(Tensor x) => _block._c.Forward(x);
            }
        }
        """,
        """
        public sealed partial class Model
        {
            private readonly Block<int> _block = new();
            private readonly Linear B = new(4, 4);
            [Differentiable] public Tensor Forward(Tensor x) => _block.A.Forward(B.Forward(x));
        }
        """);

    [Fact]
    public void ReadInAnotherPart() => DiagnosticHarness.Verify(
        """
        public sealed partial class Model
        {
            [Lora] private readonly Linear _a = new(4, 4);
            [Differentiable] public partial Tensor Forward(Tensor x);
        }
        """,
        """
        public sealed partial class Model
        {
            public partial Tensor Forward(Tensor x) => _a.Forward(x);
        }
        """);
}
