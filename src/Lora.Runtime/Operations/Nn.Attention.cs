using System.ComponentModel;

namespace Lora;

public static partial class Nn
{
    /// <summary>
    /// Scaled dot-product attention (Vaswani et al. 2017) of every query to every key. Heads lie side by side in the last dimension; with fewer
    /// key heads, each serves heads / key heads query heads in a row (Ainslie et al. 2023, "GQA").
    /// </summary>
    /// <param name="q">[.., t, heads · d].</param>
    /// <param name="k">[.., s, key heads · d].</param>
    /// <param name="v">[.., s, key heads · d].</param>
    /// <param name="heads">The number of query heads.</param>
    /// <param name="mask">
    /// Added to the scores, −∞ where a query must not see a key: [s], [t, s], [.., t, s], or with heads [.., heads, t, s], where every dimension but
    /// the last may be 1. A mask of keys alone, such as that of padding, is [.., 1, s]. A query that sees no key gives zeros.
    /// </param>
    /// <returns>[.., t, heads · d].</returns>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    [Derivative(
        nameof(AttentionBackward), Reads = Reads.Inputs, Into = nameof(AttentionInto), Saves = nameof(AttentionSaves),
        Dimensions = "q [.., t, d], k [.., s, e], v [.., s, e] -> [.., t, d]")]
    public static Tensor Attention(Tensor q, Tensor k, Tensor v, int heads, [NoDerivative] Tensor? mask = null)
    {
        var sizes = AttentionSizes.Of(q, k, v, heads, nameof(Attention));
        Tensor result = Operation.Result(q.FullShape);
        AttentionKernel.Forward(sizes, q.Span, k.Span, v.Span, isCausal: false, AttentionMask.Of(mask, q, sizes), result.Span, default);
        return result;
    }

    /// <summary>The shape of what <see cref="Attention"/> saves: the logarithm of the sum of each row's exponentials.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static TensorShape AttentionSaves(Tensor q, Tensor k, Tensor v, int heads, Tensor? mask) =>
        SavedShape(AttentionSizes.Of(q, k, v, heads, nameof(Attention)));

    /// <summary>Writes the result of <see cref="Attention"/>, and what it saves.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void AttentionInto(Tensor q, Tensor k, Tensor v, int heads, Tensor? mask, Tensor result, Tensor saved)
    {
        var sizes = AttentionSizes.Of(q, k, v, heads, nameof(Attention));
        AttentionKernel.Forward(sizes, q.Span, k.Span, v.Span, isCausal: false, AttentionMask.Of(mask, q, sizes), result.Span, saved.Span);
    }

    /// <summary>Adds the gradients of <see cref="Attention"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void AttentionBackward(
        Tensor q, Tensor k, Tensor v, int heads, Tensor? mask, Tensor saved, Tensor gradResult, Tensor? gradQ, Tensor? gradK, Tensor? gradV)
    {
        var sizes = AttentionSizes.Of(q, k, v, heads, nameof(Attention));
        AttentionKernel.Backward(
            sizes, q.Span, k.Span, v.Span, isCausal: false, AttentionMask.Of(mask, q, sizes), saved.Span, gradResult.Span, gradQ, gradK, gradV);
    }
}
