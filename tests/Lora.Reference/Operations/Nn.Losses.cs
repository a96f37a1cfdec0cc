namespace Lora;

public static partial class Nn
{
    public static double MseLoss(Tensor prediction, Tensor target)
    {
        RequireSameShape(prediction, target);
        return Mean(Broadcast(prediction, target, (p, t) => (p - t) * (p - t)));
    }

    public static double MaeLoss(Tensor prediction, Tensor target)
    {
        RequireSameShape(prediction, target);
        return Mean(Broadcast(prediction, target, (p, t) => Math.Abs(p - t)));
    }

    /// <summary>The mean of -log softmax(logits)[target] over the rows whose target is not <paramref name="ignoreIndex"/>.</summary>
    public static double CrossEntropy(Tensor logits, ReadOnlySpan<int> targets, int ignoreIndex = -100)
    {
        Tensor logs = LogSoftmax(logits);
        int width = logits.Shape[^1];
        double sum = 0;
        int count = 0;
        for (int row = 0; row < targets.Length; row++)
        {
            if (targets[row] != ignoreIndex)
            {
                sum -= logs.Span[(row * width) + targets[row]];
                count++;
            }
        }

        return count > 0 ? sum / count : throw new ArgumentException("Every target is ignored.");
    }

    /// <summary>The mean of -t·log σ(z) - (1 - t)·log(1 - σ(z)).</summary>
    public static double BinaryCrossEntropyWithLogits(Tensor logits, Tensor target)
    {
        RequireSameShape(logits, target);
        return Mean(Broadcast(logits, target, (z, t) => Math.Max(z, 0) - (z * t) + Math.Log(1 + Math.Exp(-Math.Abs(z)))));
    }

    private static void RequireSameShape(Tensor a, Tensor b)
    {
        if (a.FullShape != b.FullShape)
        {
            throw new ArgumentException($"The shapes {a.FullShape} and {b.FullShape} differ.");
        }
    }
}
