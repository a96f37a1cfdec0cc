using System.ComponentModel;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Lora;

public static partial class Nn
{
    /// <summary>The mean of the absolute differences of two tensors of one shape (the L1 loss). Where they are equal, the gradient is 0.</summary>
    /// <param name="prediction">The model's result.</param>
    /// <param name="target">What it should be.</param>
    /// <exception cref="ArgumentException">The shapes differ, or there is no element.</exception>
    [Derivative(nameof(MaeLossBackward), Reads = Reads.Inputs, GradientOver = nameof(prediction), Dimensions = "prediction [.., d], target [.., d]")]
    public static float MaeLoss(Tensor prediction, Tensor target)
    {
        Checks.SameShape(prediction, target, nameof(MaeLoss));
        Checks.NotEmpty(prediction, nameof(MaeLoss));
        return (float)(DifferenceSum<Distance>.Of(prediction.Span, target.Span) / prediction.Length);
    }

    /// <summary>Adds the gradients of <see cref="MaeLoss"/>; that of the prediction, which is last, may lie in its memory.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void MaeLossBackward(Tensor prediction, Tensor target, float gradResult, Tensor? gradPrediction, Tensor? gradTarget)
    {
        float scale = gradResult / prediction.Length;
        AddScaledSign(gradTarget, target, prediction, scale);
        AddScaledSign(gradPrediction, prediction, target, scale);
    }

    private static void AddScaledSign(Tensor? gradient, Tensor a, Tensor b, float scale)
    {
        if (gradient is not null)
        {
            Elementwise.Accumulate<SignOfDifference>(a, b, scale, gradient);
        }
    }

    private readonly struct Distance : IDifferenceMap
    {
        public static Vector<double> Of(Vector<double> difference) => Vector.Abs(difference);
    }

    // NaN stays NaN.
    private readonly struct SignOfDifference : IMap2
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Of<TLanes, TVector>(TVector x, TVector y)
            where TLanes : struct, ILanes<TVector>
            where TVector : struct
        {
            TVector difference = TLanes.Subtract(x, y);
            TVector sign = TLanes.WhereLess(difference, default, TLanes.Broadcast(-1), difference);
            return TLanes.WhereLess(default, difference, TLanes.Broadcast(1), sign);
        }
    }
}
