namespace Lora.Generators.Tests;

/// <summary>Models and operations of another assembly.</summary>
public class LibraryTests
{
    private static readonly Tensor _x = Inputs.Normal(1, 5, 4);
    private static readonly Tensor _target = Inputs.Normal(2, 5, 4);

    private const string Library = """
        using Lora;

        namespace Parts;

        public sealed partial class Block(int dim)
        {
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _fc = new(dim, dim);

            [Differentiable]
            public Tensor Forward(Tensor x) => Nn.Relu(_fc.Forward(x)) + x;

            [Differentiable]
            public float Penalty(Tensor x, int times)
            {
                float sum = 0;
                for (int i = 0; i < times; i++)
                {
                    x = _fc.Forward(x);
                    sum += Nn.MseLoss(x, x + x);
                }

                return sum;
            }
        }

        public static partial class Functions
        {
            [Differentiable]
            public static Tensor Twice(Tensor x) => x + x;

            [Derivative(nameof(NegateBackward), Into = nameof(NegateInto))]
            public static Tensor Opposite(Tensor x) => Operation.Run(NegateInto, x, x.Shape);

            public static void NegateInto(Tensor x, Tensor result)
            {
                for (int i = 0; i < x.Length; i++)
                {
                    result.Span[i] = -x.Span[i];
                }
            }

            public static void NegateBackward(Tensor gradResult, Tensor gradX)
            {
                for (int i = 0; i < gradResult.Length; i++)
                {
                    gradX.Span[i] -= gradResult.Span[i];
                }
            }
        }
        """;

    [Fact]
    public void ModelOfAnotherAssembly() => new ProgramCheck(
        """
        using Lora;
        using Parts;

        public sealed partial class Model
        {
            private readonly Block[] _blocks = [new(4), new(4)];
            [Lora(Rank = 2, Alpha = 5)] private readonly Linear _head = new(4, 4);

            [Differentiable]
            public float Loss(Tensor x, Tensor target)
            {
                float penalty = 0;
                foreach (Block block in _blocks)
                {
                    x = Functions.Twice(block.Forward(x));
                    penalty += block.Penalty(x, 2);
                }

                return Nn.MseLoss(_head.Forward(Functions.Opposite(x)), target) + 0.1f * penalty;
            }
        }
        """,
        "new Model()")
    { Library = Library }.Verify(_x, _target);

    [Fact]
    public void GenericModelWithNestedModelsOfAnotherAssembly() => new ProgramCheck(
        """
        using Lora;
        using Parts;

        public sealed partial class Model
        {
            private readonly Block<int>[] _blocks = [new(4) { Extra = new(4) }, new(4)];
            private readonly Block<string> _other = new(4);

            [Differentiable]
            public float Loss(Tensor x, Tensor target)
            {
                float size = 0;
                foreach (Block<int> block in _blocks)
                {
                    x = block.Forward(x).Cube();
                    x = block.Extra?.Forward(x, 1) ?? x;
                    size += block.Size(x, 1, 2) + block.Size(x);
                    x = Nn.Tanh(block.Fc.Forward(x));
                }

                return Nn.MseLoss(_other.Forward(x), target) + size * 0.1f;
            }
        }
        """,
        "new Model()")
    {
        AllocatesByItself = true,
        Library = """
            using Lora;

            namespace Parts;

            public interface IBlock
            {
                Tensor Forward(Tensor x);
            }

            public sealed partial class Block<T>(int dim) : IBlock
                where T : notnull
            {
                [Lora(Rank = 2, Alpha = 3)] internal readonly Linear _fc = new(dim, dim);
                private readonly Inner _inner = new(dim);

                public Linear Fc => _fc;

                public Inner? Extra { get; init; }

                public T? Tag { get; set; }

                [Differentiable]
                public Tensor Forward(Tensor x) => Nn.Tanh(_inner.Forward(_fc.Forward(x), 2)) + x;

                [Differentiable]
                public float Size(Tensor x, params int[] parts)
                {
                    float sum = 0;
                    foreach (int part in parts)
                    {
                        sum += Nn.Mean(Forward(x)) * part;
                    }

                    return sum;
                }

                public sealed partial class Inner(int width)
                {
                    [Trainable] private readonly RmsNorm _norm = new(width);

                    [Differentiable]
                    public Tensor Forward(Tensor x, int times)
                    {
                        for (int i = 0; i < times; i++)
                        {
                            x = _norm.Forward(x);
                        }

                        return x;
                    }
                }
            }

            public static class Extensions
            {
                [Derivative(nameof(Rules.CubeBackward), Reads = Reads.Inputs, Into = nameof(Rules.CubeInto), Declaring = typeof(Rules))]
                public static Tensor Cube(this Tensor x) => Operation.Run(Rules.CubeInto, x, x.Shape);
            }

            public static class Rules
            {
                public static void CubeInto(Tensor x, Tensor result)
                {
                    for (int i = 0; i < x.Length; i++)
                    {
                        result.Span[i] = x.Span[i] * x.Span[i] * x.Span[i];
                    }
                }

                public static void CubeBackward(Tensor x, Tensor gradResult, Tensor gradX)
                {
                    for (int i = 0; i < x.Length; i++)
                    {
                        gradX.Span[i] += 3 * x.Span[i] * x.Span[i] * gradResult.Span[i];
                    }
                }
            }
            """,
    }.Verify(_x, _target);
}
