using System.ComponentModel;

namespace Lora;

public static partial class Nn
{
    /// <summary>The mean of the absolute differences of two tensors of one shape (the L1 loss). Where they are equal, the gradient is 0.</summary>
    /// <param name="prediction">The model's result.</param>
    /// <param name="target">What it should be.</param>
    /// <exception cref="ArgumentException">The shapes differ, or there is no element.</exception>
    [Derivative(nameof(MaeLossBackward), Reads = Reads.Inputs, Dimensions = "prediction [.., d], target [.., d]")]
    public static float MaeLoss(Tensor prediction, Tensor target)
    {
        Checks.SameShape(prediction, target, nameof(MaeLoss));
        Checks.NotEmpty(prediction, nameof(MaeLoss));
        ReadOnlySpan<float> p = prediction.Span;
        ReadOnlySpan<float> t = target.Span;
        double sum = 0;
        for (int i = 0; i < p.Length; i++)
        {
            sum += Math.Abs((double)p[i] - t[i]);
        }

        return (float)(sum / p.Length);
    }

    /// <summary>Adds the gradients of <see cref="MaeLoss"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void MaeLossBackward(Tensor prediction, Tensor target, float gradResult, Tensor? gradPrediction, Tensor? gradTarget)
    {
        float scale = gradResult / prediction.Length;
        AddScaledSign(gradPrediction, prediction, target, scale);
        AddScaledSign(gradTarget, target, prediction, scale);
    }

    private static void AddScaledSign(Tensor? gradient, Tensor a, Tensor b, float scale)
    {
        if (gradient is null)
        {
            return;
        }

        ReadOnlySpan<float> x = a.Span;
        ReadOnlySpan<float> y = b.Span;
        Span<float> target = gradient.Span;
        for (int i = 0; i < target.Length; i++)
        {
            float difference = x[i] - y[i];
            target[i] += float.IsNaN(difference) ? difference : difference > 0 ? scale : difference < 0 ? -scale : 0;
        }
    }
}
