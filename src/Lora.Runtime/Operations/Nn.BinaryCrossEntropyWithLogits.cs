using System.ComponentModel;

namespace Lora;

public static partial class Nn
{
    /// <summary>The mean of −t·log σ(z) − (1 − t)·log(1 − σ(z)), in a form that neither overflows nor takes the logarithm of 0.</summary>
    /// <param name="logits">z, before the sigmoid.</param>
    /// <param name="target">t, from 0 to 1, of the same shape.</param>
    /// <exception cref="ArgumentException">The shapes differ, or there is no element.</exception>
    [Derivative(nameof(BinaryCrossEntropyWithLogitsBackward), Reads = Reads.Inputs, Dimensions = "logits [.., d], target [.., d]")]
    public static float BinaryCrossEntropyWithLogits(Tensor logits, Tensor target)
    {
        Checks.SameShape(logits, target, nameof(BinaryCrossEntropyWithLogits));
        Checks.NotEmpty(logits, nameof(BinaryCrossEntropyWithLogits));
        ReadOnlySpan<float> zs = logits.Span;
        ReadOnlySpan<float> ts = target.Span;
        double sum = 0;
        for (int i = 0; i < zs.Length; i++)
        {
            double z = zs[i];
            sum += Math.Max(z, 0) - (z * ts[i]) + LogOnePlus(Math.Exp(-Math.Abs(z)));
        }

        return (float)(sum / zs.Length);
    }

    /// <summary>Adds the gradients of <see cref="BinaryCrossEntropyWithLogits"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void BinaryCrossEntropyWithLogitsBackward(
        Tensor logits, Tensor target, float gradResult, Tensor? gradLogits, Tensor? gradTarget)
    {
        float scale = gradResult / logits.Length;
        ReadOnlySpan<float> zs = logits.Span;
        if (gradLogits is not null)
        {
            ReadOnlySpan<float> ts = target.Span;
            Span<float> g = gradLogits.Span;
            for (int i = 0; i < g.Length; i++)
            {
                g[i] += scale * ((1 / (1 + MathF.Exp(-zs[i]))) - ts[i]);
            }
        }

        if (gradTarget is not null)
        {
            Elementwise.AccumulateScaled(logits, -scale, gradTarget);
        }
    }

    // log(1 + x) for x in [0, 1] to full relative precision: the rounding error of 1 + x cancels in the quotient (Kahan).
    private static double LogOnePlus(double x)
    {
        double sum = 1 + x;
        return sum == 1 ? x : Math.Log(sum) * (x / (sum - 1));
    }
}
