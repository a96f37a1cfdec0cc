namespace Lora.Generators.Tests;

/// <summary>Operations that the program declares itself, in every form that the rule has.</summary>
public class UserOperationTests
{
    private static readonly Tensor _x = Inputs.Normal(1, 5, 4);
    private static readonly Tensor _target = Inputs.Normal(2, 5, 4);

    // Names a backward that adds, with what it is multiplied by left open for planted faults.
    internal static string Square(string factor) => $$"""
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
                    gradX.Span[i] += {{factor}} * x.Span[i] * gradResult.Span[i];
                }
            }
        }

        public sealed partial class Model
        {
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _a = new(4, 4);

            [Differentiable]
            public float Loss(Tensor x, Tensor target) => Nn.MseLoss(Ops.Square(_a.Forward(x)) + x, target);
        }
        """;

    internal static string Product(string left, string right) => $$"""
        using Lora;

        public static class Ops
        {
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
                for (int i = 0; gradA is not null && i < a.Length; i++)
                {
                    gradA.Span[i] += {{left}} * gradResult.Span[i];
                }

                for (int i = 0; gradB is not null && i < a.Length; i++)
                {
                    gradB.Span[i] += {{right}} * gradResult.Span[i];
                }
            }
        }

        public sealed partial class Model
        {
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _a = new(4, 4);

            [Differentiable]
            public float Loss(Tensor x, Tensor target)
            {
                Tensor h = _a.Forward(x);
                return Nn.MseLoss(Ops.Product(Ops.Product(h, h), Nn.Relu(h)), target);
            }
        }
        """;

    [Fact]
    public void WithInto() => new ProgramCheck(Square("2"), "new Model()").Verify(_x, _target);

    [Fact]
    public void WithoutInto() => new ProgramCheck(Product("b.Span[i]", "a.Span[i]"), "new Model()") { AllocatesByItself = true }.Verify(_x, _target);

    [Fact]
    public void WithShapeAndSaves() => new ProgramCheck(
        """
        using Lora;

        public static class Ops
        {
            /// y = tanh of the row sums of x, times scale: [n, m] → [n]. Saves the sums.
            [Derivative(nameof(RowsBackward), Reads = Reads.Result, Into = nameof(RowsInto), Shape = nameof(RowsShape), Saves = nameof(RowsSaves))]
            public static Tensor Rows(Tensor x, float scale, int power)
            {
                Tensor result = Operation.Result(RowsShape(x, scale, power));
                RowsInto(x, scale, power, result, Operation.Result(RowsSaves(x, scale, power)));
                return result;
            }

            public static TensorShape RowsShape(Tensor x, float scale, int power) => new(x.Shape[0]);

            public static TensorShape RowsSaves(Tensor x, float scale, int power) => new(x.Shape[0], 2);

            public static void RowsInto(Tensor x, float scale, int power, Tensor result, Tensor saved)
            {
                for (int row = 0; row < x.Shape[0]; row++)
                {
                    float sum = 0;
                    for (int i = 0; i < x.Shape[1]; i++)
                    {
                        sum += x[row, i];
                    }

                    saved[row, 0] = sum;
                    saved[row, 1] = x.Shape[1];
                    result[row] = MathF.Tanh(scale * MathF.Pow(sum, power));
                }
            }

            public static void RowsBackward(float scale, Tensor result, Tensor saved, int power, Tensor gradResult, Tensor gradX)
            {
                int width = (int)saved[0, 1];
                for (int row = 0; row < result.Shape[0]; row++)
                {
                    float y = result[row];
                    float g = gradResult[row] * (1 - y * y) * scale * power * MathF.Pow(saved[row, 0], power - 1);
                    for (int i = 0; i < width; i++)
                    {
                        gradX[row, i] += g;
                    }
                }
            }
        }

        public sealed partial class Model(float scale)
        {
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _a = new(4, 4);

            [Differentiable]
            public float Loss(Tensor x, Tensor target)
            {
                Tensor h = _a.Forward(x);
                Tensor rows = Ops.Rows(h, scale, 2) + Ops.Rows(target, scale * 2, power: 3);
                for (int i = 1; i < 3; i++)
                {
                    rows += Ops.Rows(x + h, 0.1f * i, i);
                }

                return Nn.MseLoss(rows, Ops.Rows(Nn.Relu(h), scale, 1));
            }
        }
        """,
        "new Model(0.2f)").Verify(_x, _target);

    [Fact]
    public void NumberResultWithIntoAndSaves() => new ProgramCheck(
        """
        using Lora;

        public static class Ops
        {
            [Derivative(nameof(HuberBackward), Into = nameof(HuberInto), Saves = nameof(HuberSaves))]
            public static float Huber(Tensor x, [NoDerivative] Tensor target, float delta) => HuberInto(x, target, delta, Tensor.Zeros(x.Shape));

            public static TensorShape HuberSaves(Tensor x, Tensor target, float delta) => new(x.Shape);

            public static float HuberInto(Tensor x, Tensor target, float delta, Tensor saved)
            {
                float sum = 0;
                for (int i = 0; i < x.Length; i++)
                {
                    float d = x.Span[i] - target.Span[i];
                    float size = MathF.Abs(d);
                    sum += size <= delta ? 0.5f * d * d : delta * (size - 0.5f * delta);
                    saved.Span[i] = size <= delta ? d : delta * MathF.Sign(d);
                }

                return sum;
            }

            public static void HuberBackward(Tensor saved, float gradResult, Tensor gradX)
            {
                for (int i = 0; i < saved.Length; i++)
                {
                    gradX.Span[i] += gradResult * saved.Span[i];
                }
            }
        }

        public sealed partial class Model
        {
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _a = new(4, 4);

            [Differentiable]
            public float Loss(Tensor x, [NoDerivative] Tensor target)
            {
                Tensor h = _a.Forward(x);
                return Ops.Huber(h, target, 0.5f) + 2 * Ops.Huber(delta: 1, x: Nn.Relu(h), target: target);
            }
        }
        """,
        "new Model()").Verify(_x, _target);

    [Fact]
    public void InPlace() => new ProgramCheck(
        """
        using Lora;

        public static class Ops
        {
            [Derivative(nameof(ExpBackward), Reads = Reads.Result, Into = nameof(ExpInto), InPlace = true)]
            public static Tensor Exp(Tensor x) => Operation.Run(ExpInto, x, x.Shape);

            public static void ExpInto(Tensor x, Tensor result)
            {
                for (int i = 0; i < x.Length; i++)
                {
                    result.Span[i] = MathF.Exp(x.Span[i]);
                }
            }

            public static void ExpBackward(Tensor result, Tensor gradResult, Tensor gradX)
            {
                for (int i = 0; i < result.Length; i++)
                {
                    gradX.Span[i] += result.Span[i] * gradResult.Span[i];
                }
            }
        }

        public sealed partial class Model
        {
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _a = new(4, 4);

            [Differentiable]
            public Tensor Forward(Tensor x)
            {
                Tensor same = x;
                Tensor h = Ops.Exp(same);
                Tensor kept = _a.Forward(x);
                h = Ops.Exp(kept) + h;
                h = h + kept;
                Tensor p = x + x;
                Tensor e = Ops.Exp(p);
                Tensor f = Ops.Exp(p);
                return Nn.Relu(h) + e + f;
            }

            [Differentiable]
            public float Loss(Tensor x, Tensor target) => Nn.MseLoss(Ops.Exp(Ops.Exp(_a.Forward(x))), target);
        }
        """,
        "new Model()")
    { Method = "Forward" }.Verify(_x);

    [Fact]
    public void NumberParameterWithGradient() => new ProgramCheck(
        """
        using Lora;

        public static class Ops
        {
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
        }

        public sealed partial class Model
        {
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _a = new(4, 4);
            private readonly Linear _frozen = new(4, 4);

            [Differentiable]
            public float Loss(Tensor x, Tensor target)
            {
                // Whether a gradient flows here is known when it runs.
                float before = Nn.Mean(_frozen.Forward(x));
                x = Ops.Scale(_frozen.Forward(x), before * 0.5f);

                Tensor h = _a.Forward(x);
                float size = Nn.MseLoss(h, x);
                Tensor scaled = Ops.Scale(h, size) + Ops.Scale(x, 0.5f * size) + Ops.Scale(h, 3);
                for (int i = 0; i < 2; i++)
                {
                    scaled = Ops.Scale(scaled, size);
                }

                return Nn.MseLoss(scaled, target);
            }
        }
        """,
        "new Model()").Verify(_x, _target);

    [Fact]
    public void CompanionsInAnotherType() => new ProgramCheck(
        """
        using Lora;

        namespace Mine
        {
            public static class Ops
            {
                [Derivative("HalveBackward", Into = "HalveInto", Declaring = typeof(Rules))]
                public static Tensor Halve(Tensor x) => Operation.Run(Rules.HalveInto, x, x.Shape);
            }

            internal static class Rules
            {
                public static void HalveInto(Tensor x, Tensor result)
                {
                    for (int i = 0; i < x.Length; i++)
                    {
                        result.Span[i] = x.Span[i] / 2;
                    }
                }

                public static void HalveBackward(Tensor gradResult, Tensor gradX)
                {
                    for (int i = 0; i < gradResult.Length; i++)
                    {
                        gradX.Span[i] += gradResult.Span[i] / 2;
                    }
                }
            }

            public sealed partial class Model
            {
                [Lora(Rank = 2, Alpha = 3)] private readonly Linear _a = new(4, 4);

                [Differentiable]
                public float Loss(Tensor x, Tensor target) => Nn.MseLoss(Ops.Halve(_a.Forward(Ops.Halve(x))), target);
            }
        }
        """,
        "new Model()").Verify(_x, _target);

    [Fact]
    public void IndicesInArraysAndSpans() => new ProgramCheck(
        """
        using Lora;

        public static class Ops
        {
            [Derivative(nameof(PickBackward), Shape = nameof(PickShape), Into = nameof(PickInto))]
            public static Tensor Pick(Tensor x, int[] rows, ReadOnlySpan<int> columns)
            {
                Tensor result = Operation.Result(PickShape(x, rows, columns));
                PickInto(x, rows, columns, result);
                return result;
            }

            public static TensorShape PickShape(Tensor x, int[] rows, ReadOnlySpan<int> columns) => new(rows.Length, columns.Length);

            public static void PickInto(Tensor x, int[] rows, ReadOnlySpan<int> columns, Tensor result)
            {
                for (int r = 0; r < rows.Length; r++)
                {
                    for (int c = 0; c < columns.Length; c++)
                    {
                        result[r, c] = x[rows[r], columns[c]];
                    }
                }
            }

            public static void PickBackward(int[] rows, ReadOnlySpan<int> columns, Tensor gradResult, Tensor gradX)
            {
                for (int r = 0; r < rows.Length; r++)
                {
                    for (int c = 0; c < columns.Length; c++)
                    {
                        gradX[rows[r], columns[c]] += gradResult[r, c];
                    }
                }
            }
        }

        public sealed partial class Model
        {
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _a = new(4, 4);
            private readonly int[] _rows = [2, 0, 2];

            [Differentiable]
            public float Loss(Tensor x, Tensor target, ReadOnlySpan<int> columns, int[] others)
            {
                Tensor h = _a.Forward(x);
                Tensor p = Ops.Pick(h, _rows, columns[1..]) + Ops.Pick(x, others, columns.Slice(0, columns.Length - 1));
                for (int i = 0; i < 2; i++)
                {
                    p += Ops.Pick(h, others, columns.Slice(i, 3));
                }

                return Nn.MseLoss(p, Ops.Pick(target, _rows, columns[1..4]));
            }
        }
        """,
        "new Model()").Verify(_x, _target, new[] { 3, 1, 0, 3 }, new[] { 4, 4, 1 });
}
