using System.Numerics.Tensors;

namespace Lora.Benchmarks;

/// <summary>The mean squared error as a loss that is written outside a model: a row at a time, as that stays in the nearest cache.</summary>
internal static class SquaredError
{
    /// <summary>Writes the loss's gradient with respect to the prediction, and returns the loss.</summary>
    public static float Gradient(Tensor prediction, Tensor target, Tensor gradPrediction)
    {
        int width = prediction.Shape[^1];
        Span<float> gradients = gradPrediction.Span;
        double sum = 0;
        for (int start = 0; start < gradients.Length; start += width)
        {
            Span<float> gradient = gradients.Slice(start, width);
            TensorPrimitives.Subtract(prediction.Span.Slice(start, width), target.Span.Slice(start, width), gradient);
            sum += TensorPrimitives.SumOfSquares<float>(gradient);
            TensorPrimitives.Multiply(gradient, 2f / gradients.Length, gradient);
        }

        return (float)(sum / gradients.Length);
    }
}
