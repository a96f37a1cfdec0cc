namespace Lora.Benchmarks;

/// <summary>The mean squared error as a loss that is written outside a model.</summary>
internal static class SquaredError
{
    /// <summary>Writes the loss's gradient with respect to the prediction, and returns the loss.</summary>
    public static float Gradient(Tensor prediction, Tensor target, Tensor gradPrediction)
    {
        gradPrediction.Span.Clear();
        Nn.MseLossBackward(prediction, target, 1f, gradPrediction, null);
        return Nn.MseLoss(prediction, target);
    }
}
