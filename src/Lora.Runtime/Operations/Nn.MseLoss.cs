using System.ComponentModel;
using System.Numerics;

namespace Lora;

public static partial class Nn
{
    /// <summary>The mean of the squared differences of two tensors of one shape.</summary>
    /// <param name="prediction">The model's result.</param>
    /// <param name="target">What it should be.</param>
    /// <exception cref="ArgumentException">The shapes differ, or there is no element.</exception>
    [Derivative(nameof(MseLossBackward), Reads = Reads.Inputs, GradientOver = nameof(prediction), Dimensions = "prediction [.., d], target [.., d]")]
    public static float MseLoss(Tensor prediction, Tensor target)
    {
        Checks.SameShape(prediction, target, nameof(MseLoss));
        Checks.NotEmpty(prediction, nameof(MseLoss));
        return (float)(DifferenceSum<Square>.Of(prediction.Span, target.Span) / prediction.Length);
    }

    /// <summary>Adds the gradients of <see cref="MseLoss"/>; that of the prediction, which is last, may lie in its memory.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void MseLossBackward(Tensor prediction, Tensor target, float gradResult, Tensor? gradPrediction, Tensor? gradTarget)
    {
        float scale = 2 * gradResult / prediction.Length;
        AddScaledDifference(gradTarget, target, prediction, scale);
        AddScaledDifference(gradPrediction, prediction, target, scale);
    }

    private static void AddScaledDifference(Tensor? gradient, Tensor a, Tensor b, float scale)
    {
        if (gradient is not null)
        {
            Elementwise.Accumulate<DifferenceMap>(a, b, scale, gradient);
        }
    }

    private readonly struct Square : IDifferenceMap
    {
        public static Vector<double> Of(Vector<double> difference) => difference * difference;
    }
}
