using System.ComponentModel;

namespace Lora;

public static partial class Nn
{
    /// <summary>The mean of −log softmax(logits)[target] over the rows whose target is not ignored.</summary>
    /// <param name="logits">[.., classes]: one row for each target.</param>
    /// <param name="targets">The right class of each row, in the rows' order.</param>
    /// <param name="ignoreIndex">The target of rows that do not count.</param>
    /// <exception cref="ArgumentException">The number of targets is not that of the rows, or every target is ignored.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A target is no class.</exception>
    [Derivative(nameof(CrossEntropyBackward), Reads = Reads.Inputs, Into = nameof(CrossEntropyInto), Saves = nameof(CrossEntropySaves), GradientOver = nameof(logits))]
    public static float CrossEntropy(Tensor logits, ReadOnlySpan<int> targets, int ignoreIndex = -100) =>
        CrossEntropy(logits, targets, ignoreIndex, default);

    /// <summary>The shape of what <see cref="CrossEntropy(Tensor, ReadOnlySpan{int}, int)"/> saves: for each row the largest logit, and 1 over the sum of the exponentials of the others' distances to it.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static TensorShape CrossEntropySaves(Tensor logits, ReadOnlySpan<int> targets, int ignoreIndex) => new(targets.Length, 2);

    /// <summary>Computes <see cref="CrossEntropy(Tensor, ReadOnlySpan{int}, int)"/>, and writes what it saves.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static float CrossEntropyInto(Tensor logits, ReadOnlySpan<int> targets, int ignoreIndex, Tensor saved) =>
        CrossEntropy(logits, targets, ignoreIndex, saved.Span);

    /// <summary>
    /// Adds the gradient of <see cref="CrossEntropy(Tensor, ReadOnlySpan{int}, int)"/>: the softmax less 1 at the target. It may lie in the memory of the
    /// logits, so that a large vocabulary needs no second tensor of their size.
    /// </summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void CrossEntropyBackward(
        Tensor logits, ReadOnlySpan<int> targets, int ignoreIndex, Tensor saved, float gradResult, Tensor? gradLogits)
    {
        if (gradLogits is null)
        {
            return;
        }

        Span<float> gradient = gradLogits.BeginAccumulate(out bool overwrite);
        float scale = gradResult / CountTargets(targets, ignoreIndex);
        CrossEntropyRows.AddGradient(logits.Span, targets, ignoreIndex, saved.Span, scale, gradient, overwrite);
    }

    private static float CrossEntropy(Tensor logits, ReadOnlySpan<int> targets, int ignoreIndex, Span<float> saved)
    {
        int classes = Checks.RowWidth(logits, nameof(CrossEntropy));
        if ((long)targets.Length * classes != logits.Length)
        {
            throw new ArgumentException(
                $"CrossEntropy takes one target for each row of the logits; it was given logits of shape {logits.FullShape} and {targets.Length} targets.", nameof(targets));
        }

        int count = CountTargets(targets, ignoreIndex);
        if (count == 0)
        {
            throw new ArgumentException(
                targets.IsEmpty
                    ? "CrossEntropy was given no target, so that the mean is not defined."
                    : $"CrossEntropy was given {targets.Length} targets that are all ignored ({ignoreIndex}), so that the mean is not defined. Leave such a batch out.",
                nameof(targets));
        }

        for (int row = 0; row < targets.Length; row++)
        {
            int target = targets[row];
            if (target != ignoreIndex && (uint)target >= (uint)classes)
            {
                throw new ArgumentOutOfRangeException(
                    nameof(targets), target, $"Target {target} at position {row} is no class: there are {classes}, and {ignoreIndex} is ignored.");
            }
        }

        return (float)(CrossEntropyRows.Sum(logits.Span, targets, ignoreIndex, saved) / count);
    }

    private static int CountTargets(ReadOnlySpan<int> targets, int ignoreIndex) => targets.Length - targets.Count(ignoreIndex);
}
