namespace Lora.Generators.Tests;

/// <summary>What every random program begins with: the operations, layers, submodels and methods that its body may use.</summary>
internal static class RandomProgramParts
{
    public const string Before = """
        using Lora;

        public static class Ops
        {
            [Derivative(nameof(SquareBackward), Reads = Reads.Inputs, Into = nameof(SquareInto))]
            public static Tensor Square(Tensor x) => Operation.Run(SquareInto, x, x.Shape);

            public static void SquareInto(Tensor x, Tensor result)
            {
                for (int i = 0; i < x.Length; i++)
                {
                    result.Span[i] = x.Span[i] * x.Span[i];
                }
            }

            public static void SquareBackward(Tensor x, Tensor gradResult, Tensor gradX)
            {
                for (int i = 0; i < x.Length; i++)
                {
                    gradX.Span[i] += SQUARE_FACTOR * x.Span[i] * gradResult.Span[i];
                }
            }

            [Derivative(nameof(ProductBackward), Reads = Reads.Inputs)]
            public static Tensor Product(Tensor a, Tensor b)
            {
                Tensor result = Tensor.Zeros(a.Shape);
                for (int i = 0; i < a.Length; i++)
                {
                    result.Span[i] = a.Span[i] * b.Span[i];
                }

                return result;
            }

            public static void ProductBackward(Tensor a, Tensor b, Tensor gradResult, Tensor? gradA, Tensor? gradB)
            {
                for (int i = 0; i < a.Length; i++)
                {
                    float g = gradResult.Span[i];
                    (float left, float right) = (a.Span[i], b.Span[i]);
                    if (gradA is not null)
                    {
                        gradA.Span[i] += g * right;
                    }

                    if (gradB is not null)
                    {
                        gradB.Span[i] += g * left;
                    }
                }
            }

            [Derivative(nameof(ScaleBackward), Reads = Reads.Inputs, Into = nameof(ScaleInto))]
            public static Tensor Scale(Tensor x, float factor)
            {
                Tensor result = Tensor.Zeros(x.Shape);
                ScaleInto(x, factor, result);
                return result;
            }

            public static void ScaleInto(Tensor x, float factor, Tensor result)
            {
                for (int i = 0; i < x.Length; i++)
                {
                    result.Span[i] = factor * x.Span[i];
                }
            }

            public static void ScaleBackward(Tensor x, float factor, Tensor gradResult, Tensor? gradX, ref float gradFactor)
            {
                for (int i = 0; i < x.Length; i++)
                {
                    gradFactor += x.Span[i] * gradResult.Span[i];
                    if (gradX is not null)
                    {
                        gradX.Span[i] += factor * gradResult.Span[i];
                    }
                }
            }

            [Derivative(nameof(EnergyBackward), Into = nameof(EnergyInto), Saves = nameof(EnergySaves))]
            public static float Energy(Tensor x, [NoDerivative] float weight) => EnergyInto(x, weight, Tensor.Zeros(x.Shape));

            public static TensorShape EnergySaves(Tensor x, float weight) => new(x.Shape);

            public static float EnergyInto(Tensor x, float weight, Tensor saved)
            {
                float sum = 0;
                for (int i = 0; i < x.Length; i++)
                {
                    float bounded = MathF.Tanh(x.Span[i]);
                    sum += weight * bounded * bounded;
                    saved.Span[i] = 2 * weight * bounded * (1 - bounded * bounded);
                }

                return sum;
            }

            public static void EnergyBackward(Tensor saved, float gradResult, Tensor gradX)
            {
                for (int i = 0; i < saved.Length; i++)
                {
                    gradX.Span[i] += gradResult * saved.Span[i];
                }
            }
        }

        public static partial class Helpers
        {
            [Differentiable]
            public static Tensor Mix(Tensor a, Tensor b, int times)
            {
                for (int i = 0; i < times; i++)
                {
                    if (i == 2)
                    {
                        break;
                    }

                    a = Nn.Tanh(a * b) + 0.5f * b;
                }

                return a;
            }
        }

        public sealed partial class Block
        {
            [Lora(Rank = 2, Alpha = 1)] private readonly Linear _fc = new(4, 4);

            [Differentiable]
            public Tensor Forward(Tensor x, int times)
            {
                for (int i = 0; i < times; i++)
                {
                    x = Nn.Tanh(_fc.Forward(x)) + x;
                }

                return x;
            }
        }

        public sealed partial class Pair(Block block)
        {
            private readonly Block _block = block;
            [Lora(Rank = 1, Alpha = 2)] private readonly Linear _gate = new(4, 4, bias: false);

            [Differentiable]
            public Tensor Forward(Tensor first, Tensor second) => _block.Forward(first, 1) * Nn.Sigmoid(_gate.Forward(second));
        }

        public sealed partial class Model
        {

            [Lora(Rank = 2, Alpha = 1)] private readonly Linear _a = new(4, 4);
            private readonly Linear _b = new(4, 4);
            [Lora(Rank = 3, Alpha = 2)] private readonly Linear _wide = new(8, 8);
            private readonly Block[] _blocks;
            private readonly Pair _pair;
            [Lora(Rank = 2, Alpha = 3)] private readonly Embedding _embedding = new(4, 4);
            private readonly Embedding _tied = new(4, 4);
            [Trainable] private readonly RmsNorm _norm = new(4);
            private readonly LayerNorm _layerNorm = new(4);
            private readonly Linear _shared;
            private readonly Linear? _optional;
            private readonly RotaryEmbedding _rotary = new(4, 8);
            private readonly int[] _steps = [1, 0, 2];
            private readonly Tensor _constant = Tensor.From([0.5f, -0.25f, 1f, 0.75f], 4);

            public Model(bool hasOptional)
            {
                // One block stands alone, in the array and in the pair; one layer under two names.
                var block = new Block();
                _blocks = [block, new()];
                _pair = new Pair(block);
                _shared = _a;
                _optional = hasOptional ? new Linear(4, 4) : null;
            }

            [Differentiable]
            public Tensor Pick(Tensor a, Tensor b, bool first)
            {
                if (first)
                {
                    return a;
                }

                a = Nn.Sigmoid(b) + a;
                return a;
            }

            [Differentiable]
            public float Penalty(Tensor a, int power)
            {
                float sum = 0f;
                for (int i = 0; i <= power; i++)
                {
                    if (i == 3)
                    {
                        continue;
                    }

                    sum += Nn.Mean(Nn.Tanh(_b.Forward(a)) * (0.5f + i));
                }

                return power > 2 ? sum : 0.5f * sum * sum;
            }

            [Differentiable]
            public float Loss(Tensor x, Tensor y, bool flag, int n, ReadOnlySpan<int> ids)
            {

        """;
}
