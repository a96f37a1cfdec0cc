using System.Numerics.Tensors;

namespace Lora.Tests.Operations;

/// <summary>x² · y, element by element, with a right derivative and with wrong ones.</summary>
public static class WrongRules
{
    [Derivative(nameof(RightBackward), Reads = Reads.Inputs, Into = nameof(Into), InPlace = true)]
    public static Tensor Right(Tensor x, Tensor y) => Run(x, y);

    [Derivative(nameof(ScaledBackward), Reads = Reads.Inputs, Into = nameof(Into))]
    public static Tensor Scaled(Tensor x, Tensor y) => Run(x, y);

    [Derivative(nameof(NegatedBackward), Reads = Reads.Inputs, Into = nameof(Into))]
    public static Tensor Negated(Tensor x, Tensor y) => Run(x, y);

    [Derivative(nameof(MissingTermBackward), Reads = Reads.Inputs, Into = nameof(Into))]
    public static Tensor MissingTerm(Tensor x, Tensor y) => Run(x, y);

    [Derivative(nameof(MissingGradientBackward), Reads = Reads.Inputs, Into = nameof(Into))]
    public static Tensor MissingGradient(Tensor x, Tensor y) => Run(x, y);

    [Derivative(nameof(OverwritingBackward), Reads = Reads.Inputs, Into = nameof(Into))]
    public static Tensor Overwriting(Tensor x, Tensor y) => Run(x, y);

    [Derivative(nameof(ForgetfulBackward), Reads = Reads.Inputs, Into = nameof(Into))]
    public static Tensor Forgetful(Tensor x, Tensor y) => Run(x, y);

    [Derivative(nameof(InterleavedBackward), Reads = Reads.Inputs, Into = nameof(Into))]
    public static Tensor Interleaved(Tensor x, Tensor y) => Run(x, y);

    [Derivative(nameof(RightBackward), Reads = Reads.Inputs, Into = nameof(CarelessInto), InPlace = true)]
    public static Tensor Careless(Tensor x, Tensor y) => Run(x, y);

    [Derivative(nameof(RightBackward), Reads = Reads.Nothing, Into = nameof(Into))]
    public static Tensor Misdeclared(Tensor x, Tensor y) => Run(x, y);

    [Derivative(nameof(NamelessBackward), Reads = Reads.Inputs, Into = nameof(Into))]
    public static Tensor Nameless(Tensor x, Tensor y) => Run(x, y);

    public static void Into(Tensor x, Tensor y, Tensor result)
    {
        for (int i = 0; i < result.Length; i++)
        {
            result.Span[i] = x.Span[i] * x.Span[i] * y.Span[i];
        }
    }

    // Reads y after it has written the result.
    public static void CarelessInto(Tensor x, Tensor y, Tensor result)
    {
        Tensor weights = ReferenceEquals(y, result) ? y : y.Clone();
        TensorPrimitives.Multiply(x.Span, x.Span, result.Span);
        TensorPrimitives.Multiply(result.Span, weights.Span, result.Span);
    }

    public static void RightBackward(Tensor x, Tensor y, Tensor gradResult, Tensor? gradX, Tensor? gradY)
    {
        Add(gradX, i => 2 * x.Span[i] * y.Span[i] * gradResult.Span[i]);
        Add(gradY, i => x.Span[i] * x.Span[i] * gradResult.Span[i]);
    }

    public static void ScaledBackward(Tensor x, Tensor y, Tensor gradResult, Tensor? gradX, Tensor? gradY)
    {
        Add(gradX, i => 2.01f * x.Span[i] * y.Span[i] * gradResult.Span[i]);
        Add(gradY, i => x.Span[i] * x.Span[i] * gradResult.Span[i]);
    }

    public static void NegatedBackward(Tensor x, Tensor y, Tensor gradResult, Tensor? gradX, Tensor? gradY)
    {
        Add(gradX, i => 2 * x.Span[i] * y.Span[i] * gradResult.Span[i]);
        Add(gradY, i => -x.Span[i] * x.Span[i] * gradResult.Span[i]);
    }

    // One of the two equal terms of the product rule.
    public static void MissingTermBackward(Tensor x, Tensor y, Tensor gradResult, Tensor? gradX, Tensor? gradY)
    {
        Add(gradX, i => x.Span[i] * y.Span[i] * gradResult.Span[i]);
        Add(gradY, i => x.Span[i] * x.Span[i] * gradResult.Span[i]);
    }

    public static void MissingGradientBackward(Tensor x, Tensor y, Tensor gradResult, Tensor? gradX, Tensor? gradY)
    {
        Add(gradX, i => 2 * x.Span[i] * y.Span[i] * gradResult.Span[i]);
        Add(gradY, _ => 0);
    }

    public static void OverwritingBackward(Tensor x, Tensor y, Tensor gradResult, Tensor? gradX, Tensor? gradY)
    {
        for (int i = 0; i < x.Length; i++)
        {
            if (gradX is not null)
            {
                gradX.Span[i] = 2 * x.Span[i] * y.Span[i] * gradResult.Span[i];
            }

            if (gradY is not null)
            {
                gradY.Span[i] = x.Span[i] * x.Span[i] * gradResult.Span[i];
            }
        }
    }

    // Gives y its gradient only where x wants one too.
    public static void ForgetfulBackward(Tensor x, Tensor y, Tensor gradResult, Tensor? gradX, Tensor? gradY)
    {
        if (gradX is not null)
        {
            RightBackward(x, y, gradResult, gradX, gradY);
        }
    }

    // Opens both gradients before it adds to either: wrong where they are one.
    public static void InterleavedBackward(Tensor x, Tensor y, Tensor gradResult, Tensor? gradX, Tensor? gradY)
    {
        float[]? ofX = gradX?.Span.ToArray();
        float[]? ofY = gradY?.Span.ToArray();
        for (int i = 0; i < x.Length; i++)
        {
            if (gradX is not null)
            {
                gradX.Span[i] = ofX![i] + (2 * x.Span[i] * y.Span[i] * gradResult.Span[i]);
            }

            if (gradY is not null)
            {
                gradY.Span[i] = ofY![i] + (x.Span[i] * x.Span[i] * gradResult.Span[i]);
            }
        }
    }

    public static void NamelessBackward(Tensor x, Tensor y, Tensor gradResult, Tensor? gradX, Tensor? other) =>
        RightBackward(x, y, gradResult, gradX, other);

    private static Tensor Run(Tensor x, Tensor y) => Operation.Run(Into, x, y, x.Shape);

    private static void Add(Tensor? gradient, Func<int, float> contribution)
    {
        for (int i = 0; gradient is not null && i < gradient.Length; i++)
        {
            gradient.Span[i] += contribution(i);
        }
    }
}
