extern alias fixes;

using fixes::Lora.CodeFixes;

namespace Lora.CodeFixes.Tests;

/// <summary>Fixes of the annotations: LORA0001 to LORA0008.</summary>
public class AnnotationFixTests
{
    [Fact]
    public Task MakesTheClassAndThoseAroundItPartial() => FixHarness.Verify<MakePartialCodeFix>(
        """
        namespace Shop;

        // What it is.
        public class Outer<T>
        {
            internal static class Middle
            {
                /// <summary>A model.</summary>
                [Serializable]
                public sealed class {|LORA0001:Model|}
                {
                    [Lora] private readonly Linear _a = new(32, 32);
                    [Differentiable] public Tensor Forward(Tensor x) => _a.Forward(x);
                }

                sealed record {|LORA0001:Second|}(int N)
                {
                    [Lora] private readonly Linear _a = new(32, 32);
                    [Differentiable] public Tensor Forward(Tensor x) => _a.Forward(x);
                }
            }
        }

        class {|LORA0001:Third|}
        {
            [Lora] private readonly Linear _a = new(32, 32);
            [Differentiable] public Tensor Forward(Tensor x) => _a.Forward(x);
        }
        """,
        """
        namespace Shop;

        // What it is.
        public partial class Outer<T>
        {
            internal static partial class Middle
            {
                /// <summary>A model.</summary>
                [Serializable]
                public sealed partial class Model
                {
                    [Lora] private readonly Linear _a = new(32, 32);
                    [Differentiable] public Tensor Forward(Tensor x) => _a.Forward(x);
                }

                sealed partial record Second(int N)
                {
                    [Lora] private readonly Linear _a = new(32, 32);
                    [Differentiable] public Tensor Forward(Tensor x) => _a.Forward(x);
                }
            }
        }

        partial class Third
        {
            [Lora] private readonly Linear _a = new(32, 32);
            [Differentiable] public Tensor Forward(Tensor x) => _a.Forward(x);
        }
        """);

    [Fact]
    public Task AStructIsNotMendedByAKeyword() => FixHarness.VerifyNone<MakePartialCodeFix>(
        """
        public struct {|LORA0001:Model|}
        {
            [Differentiable] public Tensor Forward(Tensor x) => x;
        }
        """);

    [Fact]
    public Task RemovesTheAttributeOrItsTarget() => FixHarness.Verify<RemoveLoraCodeFix>(
        """
        public partial class Model
        {
            [Lora] private readonly Linear[] {|LORA0002:_many|} = [];
            // Shared.
            [Lora(Rank = 2)]
            private static readonly Linear {|LORA0002:_shared|} = new(32, 32), {|LORA0002:_other|} = new(32, 32);
            [StateName("x"), Lora] private readonly int {|LORA0002:_number|} = 3;
            [field: Lora(Rank = 2)] public Linear {|LORA0002:A|} { get; } = new(32, 32);
            [field: NonSerialized, Lora] public Linear {|LORA0002:B|} { get; } = new(32, 32);
            [field: Lora] public Tensor {|LORA0002:C|} { get; } = Tensor.Zeros(2);
            [global::Lora.LoraAttribute] private Linear {|LORA0002:Computed|} => A;
            [Differentiable] public Tensor Forward(Tensor x) => B.Forward(A.Forward(x));
        }
        """,
        """
        public partial class Model
        {
            private readonly Linear[] _many = [];
            // Shared.
            private static readonly Linear _shared = new(32, 32), _other = new(32, 32);
            [StateName("x")] private readonly int _number = 3;
            [Lora(Rank = 2)] public Linear A { get; } = new(32, 32);
            [Lora]
            [field: NonSerialized] public Linear B { get; } = new(32, 32);
            public Tensor C { get; } = Tensor.Zeros(2);
            private Linear Computed => A;
            [Differentiable] public Tensor Forward(Tensor x) => B.Forward(A.Forward(x));
        }
        """);

    [Fact]
    public Task SetsRankAndAlpha() => FixHarness.Verify<SetLoraCodeFix>(
        """
        public partial class Model
        {
            private const int None = 0;
            [Lora(Rank = -3)] private readonly Linear {|LORA0003:_a|} = new(32, 32);
            [Lora(Alpha = 2, Rank = None)] private readonly Linear {|LORA0003:_b|} = new(32, 32), {|LORA0003:_c|} = new(32, 32);
            [Lora(Rank = 4 - 5, Alpha = float.NaN)] private readonly Linear {|LORA0006:{|LORA0003:_d|}|} = new(32, 32);
            [Lora(Rank = 6, Alpha = float.PositiveInfinity)] public Linear {|LORA0006:E|} { get; } = new(32, 32);
            [Lora(Alpha = -0f)] private readonly Linear {|LORA0006:_f|} = new(32, 32);
            [Differentiable] public Tensor Forward(Tensor x) => _f.Forward(E.Forward(_d.Forward(_c.Forward(_b.Forward(_a.Forward(x))))));
        }
        """,
        """
        public partial class Model
        {
            private const int None = 0;
            [Lora(Rank = 8)] private readonly Linear _a = new(32, 32);
            [Lora(Alpha = 2, Rank = 8)] private readonly Linear _b = new(32, 32), _c = new(32, 32);
            [Lora(Rank = 8, Alpha = 16)] private readonly Linear _d = new(32, 32);
            [Lora(Rank = 6, Alpha = 12)] public Linear E { get; } = new(32, 32);
            [Lora(Alpha = 8)] private readonly Linear _f = new(32, 32);
            [Differentiable] public Tensor Forward(Tensor x) => _f.Forward(E.Forward(_d.Forward(_c.Forward(_b.Forward(_a.Forward(x))))));
        }
        """);

    [Fact]
    public Task WritesTheNearestName() => FixHarness.Verify<NearestNameCodeFix>(
        """
        public sealed partial class Attention
        {
            private readonly Linear _qProj = new(32, 32), _vProj = new(32, 32);
            [Differentiable] public Tensor Forward(Tensor x) => _vProj.Forward(_qProj.Forward(x));
        }
        public sealed partial class Model
        {
            private readonly Attention[] _layers = [new()];
            private readonly Linear _head = new(32, 32);
            [Differentiable] public Tensor Forward(Tensor x) => _head.Forward(_layers[0].Forward(x));
            private const string Wrong = "haed";
            public void Adapt()
            {
                ApplyLora(new LoraOptions { TargetModules = [{|LORA0008:"q_prj"|}, {|LORA0008:Wrong|}, "v_proj"] });
                ApplyLora(new LoraOptions { TargetMatching = TargetMatching.Suffix, TargetModules = new[] { {|LORA0008:"v-proj"|}, "layers.0.q_proj" } });
            }
        }
        """,
        """
        public sealed partial class Attention
        {
            private readonly Linear _qProj = new(32, 32), _vProj = new(32, 32);
            [Differentiable] public Tensor Forward(Tensor x) => _vProj.Forward(_qProj.Forward(x));
        }
        public sealed partial class Model
        {
            private readonly Attention[] _layers = [new()];
            private readonly Linear _head = new(32, 32);
            [Differentiable] public Tensor Forward(Tensor x) => _head.Forward(_layers[0].Forward(x));
            private const string Wrong = "haed";
            public void Adapt()
            {
                ApplyLora(new LoraOptions { TargetModules = ["q_proj", "head", "v_proj"] });
                ApplyLora(new LoraOptions { TargetMatching = TargetMatching.Suffix, TargetModules = new[] { "v_proj", "layers.0.q_proj" } });
            }
        }
        """);
}
