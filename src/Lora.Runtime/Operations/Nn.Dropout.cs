using System.ComponentModel;

namespace Lora;

public static partial class Nn
{
    /// <summary>
    /// In training, makes each element zero with a probability and divides the others by what remains of 1 (Srivastava et al. 2014); the
    /// identity otherwise. The mask is a pure function of the key and the element's position, so that the backward repeats it.
    /// </summary>
    /// <param name="x">A tensor of any shape.</param>
    /// <param name="probability">The probability of zero, from 0 to 1.</param>
    /// <param name="key">The draw: filled in by generated code, and by the scope of <c>TrainingMode</c> in eager calls.</param>
    /// <exception cref="ArgumentOutOfRangeException">The probability lies outside 0 to 1.</exception>
    [Derivative(nameof(DropoutBackward), Into = nameof(DropoutInto), InPlace = true)]
    public static Tensor Dropout(Tensor x, [NoDerivative] float probability, RandomKey key = default)
    {
        ArgumentNullException.ThrowIfNull(x);
        Tensor result = Operation.Result(x.FullShape);
        DropoutInto(x, probability, key.IsTraining ? key : ModelState.NextEagerKey(), result);
        return result;
    }

    /// <summary>Writes the result of <see cref="Dropout"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void DropoutInto(Tensor x, float probability, RandomKey key, Tensor result)
    {
        if (!(probability is >= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(probability), probability, $"Dropout was given the probability {probability}; it lies between 0 and 1.");
        }

        ApplyMask(x.Span, probability, key, result.Span, overwrite: true);
    }

    /// <summary>Adds the gradient of <see cref="Dropout"/>: that of the result under the same mask.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void DropoutBackward(float probability, RandomKey key, Tensor gradResult, Tensor gradX)
    {
        Span<float> target = gradX.BeginAccumulate(out bool overwrite);
        ApplyMask(gradResult.Span, probability, key, target, overwrite);
    }

    internal static void ApplyMask(ReadOnlySpan<float> x, float probability, RandomKey key, Span<float> target, bool overwrite)
    {
        if (!key.IsTraining || probability == 0)
        {
            Elementwise.AccumulateRun(x, target, overwrite);
            return;
        }

        // An element is kept where its draw of 53 bits, as a number from 0 to 1, is not below the probability.
        ulong threshold = (ulong)Math.Ceiling(Math.ScaleB(probability, 53));
        ulong stream = LoraRandom.StreamOf(key);
        float scale = 1 / (1 - probability);
        for (int i = 0; i < target.Length; i++)
        {
            float value = (LoraRandom.At(stream, (ulong)i) >> 11) >= threshold ? x[i] * scale : 0;
            target[i] = overwrite ? value : target[i] + value;
        }
    }
}
