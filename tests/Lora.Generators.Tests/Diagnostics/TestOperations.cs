namespace Lora.Generators.Tests;

/// <summary>Operations that the test programs use, declared as users declare theirs.</summary>
internal static class TestOperations
{
    public const string Source = """
        public static class Ops
        {
            [Derivative(nameof(SquareBackward), Reads = Reads.Inputs, Into = nameof(SquareInto))]
            public static Tensor Square(this Tensor x) => Operation.Run(SquareInto, x, x.Shape);

            public static void SquareInto(Tensor x, Tensor result)
            {
                for (int i = 0; i < x.Length; i++)
                {
                    result.Span[i] = x.Span[i] * x.Span[i];
                }
            }

            public static void SquareBackward(Tensor x, Tensor gradResult, Tensor gradX)
            {
                Span<float> target = gradX.Span;
                for (int i = 0; i < x.Length; i++)
                {
                    target[i] += 2 * x.Span[i] * gradResult.Span[i];
                }
            }

            [Derivative(nameof(TimesBackward), Reads = Reads.Inputs, Into = nameof(TimesInto), InPlace = true)]
            public static Tensor Times(Tensor a, Tensor b) => Operation.Run(TimesInto, a, b, a.Shape);

            public static void TimesInto(Tensor a, Tensor b, Tensor result)
            {
                for (int i = 0; i < a.Length; i++)
                {
                    result.Span[i] = a.Span[i] * b.Span[i];
                }
            }

            public static void TimesBackward(Tensor a, Tensor b, Tensor gradResult, Tensor? gradA, Tensor? gradB)
            {
                for (int i = 0; gradA is not null && i < a.Length; i++)
                {
                    gradA.Span[i] += b.Span[i] * gradResult.Span[i];
                }

                for (int i = 0; gradB is not null && i < a.Length; i++)
                {
                    gradB.Span[i] += a.Span[i] * gradResult.Span[i];
                }
            }

            [Derivative(nameof(ScaleBackward), Into = nameof(ScaleInto))]
            public static Tensor Scale(Tensor x, [NoDerivative] float by, [NoDerivative] float offset = 0.25f)
            {
                Tensor result = Operation.Result(new TensorShape(x.Shape));
                ScaleInto(x, by, offset, result);
                return result;
            }

            public static void ScaleInto(Tensor x, float by, float offset, Tensor result)
            {
                for (int i = 0; i < x.Length; i++)
                {
                    result.Span[i] = (x.Span[i] * by) + offset;
                }
            }

            public static void ScaleBackward(float by, Tensor gradResult, Tensor gradX)
            {
                Span<float> target = gradX.Span;
                for (int i = 0; i < target.Length; i++)
                {
                    target[i] += by * gradResult.Span[i];
                }
            }

            [Derivative(nameof(WeightBackward), Into = nameof(WeightInto))]
            public static Tensor Weight(Tensor x, params ReadOnlySpan<int> weights)
            {
                Tensor result = Operation.Result(new TensorShape(x.Shape));
                WeightInto(x, weights, result);
                return result;
            }

            public static void WeightInto(Tensor x, ReadOnlySpan<int> weights, Tensor result)
            {
                for (int i = 0; i < x.Length; i++)
                {
                    result.Span[i] = x.Span[i] * weights[i % weights.Length];
                }
            }

            public static void WeightBackward(ReadOnlySpan<int> weights, Tensor gradResult, Tensor gradX)
            {
                Span<float> target = gradX.Span;
                for (int i = 0; i < target.Length; i++)
                {
                    target[i] += weights[i % weights.Length] * gradResult.Span[i];
                }
            }

            [Derivative(nameof(MeanBackward))]
            public static float Mean(Tensor x)
            {
                double sum = 0;
                foreach (float value in x.Span)
                {
                    sum += value;
                }

                return (float)(sum / x.Length);
            }

            public static void MeanBackward(float gradResult, Tensor gradX)
            {
                Span<float> target = gradX.Span;
                for (int i = 0; i < target.Length; i++)
                {
                    target[i] += gradResult / target.Length;
                }
            }

            [Derivative(nameof(ShiftBackward), Into = nameof(ShiftInto))]
            public static Tensor Shift(Tensor x, [NoDerivative] Tensor mask)
            {
                Tensor result = Operation.Result(new TensorShape(x.Shape));
                ShiftInto(x, mask, result);
                return result;
            }

            public static void ShiftInto(Tensor x, Tensor mask, Tensor result)
            {
                for (int i = 0; i < x.Length; i++)
                {
                    result.Span[i] = x.Span[i] + mask.Span[i];
                }
            }

            public static void ShiftBackward(Tensor gradResult, Tensor gradX)
            {
                Span<float> target = gradX.Span;
                for (int i = 0; i < target.Length; i++)
                {
                    target[i] += gradResult.Span[i];
                }
            }

            public static Tensor Foreign(Tensor x) => x.Clone();

            public static float ForeignNumber(float x) => x * 2;

            public static void Change(Tensor x) => x.Span[0] = 1;

            public static bool TryMake(Tensor x, out Tensor made)
            {
                made = x;
                return true;
            }
        }
        """;
}
