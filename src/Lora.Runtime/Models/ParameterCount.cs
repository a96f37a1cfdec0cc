using System.Globalization;

namespace Lora;

/// <summary>How many parameters a model has, adapters included, and how many of them are trained.</summary>
/// <param name="Total">All parameters.</param>
/// <param name="Trainable">Those of adapters and of layers that are trained in full.</param>
public readonly record struct ParameterCount(long Total, long Trainable)
{
    /// <summary>The parameters that training leaves as they are.</summary>
    public long Frozen => Total - Trainable;

    /// <summary>Trainable over total, from 0 to 1.</summary>
    public double TrainableRatio => Total == 0 ? 0 : (double)Trainable / Total;

    /// <summary>PEFT's line: <c>trainable params: 12,288 || all params: 602,880 || trainable%: 2.0382</c>.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"trainable params: {Trainable:N0} || all params: {Total:N0} || trainable%: {100 * TrainableRatio:F4}");
}
