using System.Numerics;
using System.Numerics.Tensors;

namespace Lora;

/// <summary>The length of all gradients as one vector.</summary>
public static class GradientNorm
{
    private const double Epsilon = 1e-6;

    /// <summary>The L2 norm over all entries of all gradients, summed in double precision.</summary>
    /// <param name="parameters">The parameters whose gradients are meant.</param>
    public static double Of(IReadOnlyList<Parameter> parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        double sum = 0;
        for (int i = 0; i < parameters.Count; i++)
        {
            if (parameters[i].GradientBytes > 0)
            {
                sum += SumOfSquares(parameters[i].Gradient.Span);
            }
        }

        return Math.Sqrt(sum);
    }

    /// <summary>
    /// Scales all gradients by <c>maxNorm / (norm + 1e-6)</c> where that is less than 1, as PyTorch's <c>clip_grad_norm_</c>.
    /// As there, nothing guards against a norm that is not finite: look at the result.
    /// </summary>
    /// <param name="parameters">The parameters whose gradients are meant.</param>
    /// <param name="maxNorm">The largest norm that stays.</param>
    /// <returns>The norm before the scaling.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxNorm"/> is negative or not a number.</exception>
    public static double Clip(IReadOnlyList<Parameter> parameters, double maxNorm)
    {
        if (!(maxNorm >= 0))
        {
            throw new ArgumentOutOfRangeException(nameof(maxNorm), maxNorm, "The largest norm must be 0 or more.");
        }

        double norm = Of(parameters);
        double factor = maxNorm / (norm + Epsilon);
        if (factor >= 1)
        {
            return norm;
        }

        for (int i = 0; i < parameters.Count; i++)
        {
            if (parameters[i].GradientBytes > 0)
            {
                Span<float> gradient = parameters[i].Gradient.Span;
                TensorPrimitives.Multiply(gradient, (float)factor, gradient);
            }
        }

        return norm;
    }

    private static double SumOfSquares(ReadOnlySpan<float> values)
    {
        Vector<double> low = Vector<double>.Zero;
        Vector<double> high = Vector<double>.Zero;
        int i = 0;
        for (; i <= values.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector.Widen(new Vector<float>(values[i..]), out Vector<double> first, out Vector<double> second);
            low += first * first;
            high += second * second;
        }

        double sum = Vector.Sum(low + high);
        for (; i < values.Length; i++)
        {
            sum += (double)values[i] * values[i];
        }

        return sum;
    }
}
