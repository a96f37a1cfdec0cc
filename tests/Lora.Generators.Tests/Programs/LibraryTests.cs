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
}
