namespace Lora.Generators.Tests;

/// <summary>What is reported of a field is reported of a partial property, of which the generator writes the other part.</summary>
public class PartialPropertyTests
{
    [Fact]
    public void Annotations() => DiagnosticHarness.VerifyAlone(
        """
        public sealed partial class Outer<T>
        {
            public sealed partial record Model<U>
            {
                [Lora] public partial Linear[] {|LORA0002:Several|} { get; set; }
                [Lora] public static partial Linear {|LORA0002:Common|} { get; set; }
                [Lora(Rank = 1 - 1)] public partial Linear {|LORA0003:Rank|} { get; init; }
                [Lora(Rank = 2, Alpha = float.NaN)] internal partial Linear {|LORA0006:Alpha|} { get; set; }
                [Lora(Rank = -1, Alpha = -1)] private protected partial Linear {|LORA0003:{|LORA0006:Both|}|} { get; init; }
                [Lora, StateName("alpha")] private partial Linear {|LORA0007:Same|} { get; set; }
                [Lora] public partial Linear {|LORA0009:Unread|} { get; set; }
                [Lora] public partial Linear {|LORA0010:Taken|} { get; set; }
                [Lora] public partial Embedding {|LORA0011:Tokens|} { get; set; }
                [Lora] public partial Linear Right { get; set; }
                public int TakenLora, MergeTaken;

                public Model(T first, U second)
                {
                    Several = [];
                    Rank = new(4, 4);
                    Alpha = new(4, 4);
                    Both = new(4, 4);
                    Same = new(4, 4);
                    Unread = new(4, 4);
                    Taken = new(4, 4);
                    Tokens = new(8, 4);
                    Right = new(4, 4);
                }

                [Differentiable]
                public Tensor Forward(ReadOnlySpan<int> ids)
                {
                    Tensor x = Both.Forward(Alpha.Forward(Rank.Forward(Tokens.Forward(ids))));
                    return Nn.Project(Right.Forward(Taken.Forward(Same.Forward(x))), Tokens);
                }

                public Tensor Use() => ForwardWithPullback([1, 2]).Value;
            }
        }
        """);

    [Fact]
    public void WrittenByTheUser() => DiagnosticHarness.Verify(
        """
        public sealed partial class Model
        {
            [Lora] public partial Linear Whole { get; set; }
            public partial Linear Whole { get => field; set; } = new(4, 4);
            [Differentiable] public Tensor Forward(Tensor x) => Whole.Forward(x);
        }
        """);

    [Fact]
    public void Modifiers() => DiagnosticHarness.VerifyAlone(
        """
        public abstract class Base
        {
            public Linear Hidden { get; set; } = new(4, 4);
            public virtual Linear Replaced { get; set; } = new(4, 4);
            public virtual Linear Sealed { get; protected set; } = new(4, 4);
        }
        public partial class Model : Base
        {
            [Lora] partial Linear Implicit { get; set; }
            [Lora] private partial Linear Explicit { get; set; }
            [Lora] public partial Linear Getter { private get; set; }
            [Lora] protected internal partial Linear Setter { get; private protected set; }
            [Lora] public virtual partial Linear Virtual { set; get; }
            [Lora] public new partial Linear Hidden { get; init; }
            [Lora] public override partial Linear Replaced { get; set; }
            [Lora] public sealed override partial Linear Sealed { get; protected set; }
            [Lora] unsafe internal partial Linear Unsafe { get; set; }
            [Lora] public partial Linear {|LORA0002:Written|} { set; }
            [Lora] static partial Linear {|LORA0002:Shared|} { get; set; }
            public Model()
            {
                Implicit = new(4, 4);
                Explicit = new(4, 4);
                Getter = new(4, 4);
                Setter = new(4, 4);
                Virtual = new(4, 4);
                Hidden = new(4, 4);
                Replaced = new(4, 4);
                Sealed = new(4, 4);
                Unsafe = new(4, 4);
                Written = new(4, 4);
                Shared = new(4, 4);
            }
            [Differentiable]
            public Tensor Forward(Tensor x)
            {
                x = Implicit.Forward(Explicit.Forward(Getter.Forward(Setter.Forward(Virtual.Forward(x)))));
                return Hidden.Forward(Replaced.Forward(Sealed.Forward(Unsafe.Forward(x))));
            }
            public Tensor Use(Tensor x) => ForwardWithPullback(x).Value;
        }
        """);
}
