using System.ComponentModel;

namespace Lora;

public static partial class Nn
{
    /// <summary>
    /// Scaled dot-product attention (Vaswani et al. 2017) in which each query sees the keys up to its own position. Heads lie side by side in the
    /// last dimension; with fewer key heads, each serves heads / key heads query heads in a row (Ainslie et al. 2023, "GQA").
    /// </summary>
    /// <param name="q">[.., t, heads · d].</param>
    /// <param name="k">[.., s, key heads · d], s at least t. The last query belongs to the last key: where s is larger, the first keys are those of earlier calls.</param>
    /// <param name="v">[.., s, key heads · d].</param>
    /// <param name="heads">The number of query heads.</param>
    /// <returns>[.., t, heads · d].</returns>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    [Derivative(
        nameof(CausalAttentionBackward), Reads = Reads.Inputs, Into = nameof(CausalAttentionInto), Saves = nameof(CausalAttentionSaves),
        Dimensions = "q [.., t, d], k [.., s, e], v [.., s, e] -> [.., t, d]")]
    public static Tensor CausalAttention(Tensor q, Tensor k, Tensor v, int heads)
    {
        AttentionSizes sizes = CausalSizes(q, k, v, heads);
        Tensor result = Operation.Result(q.FullShape);
        AttentionKernel.Forward(sizes, q.Span, k.Span, v.Span, isCausal: true, AttentionMask.None, result.Span, default);
        return result;
    }

    /// <summary>The shape of what <see cref="CausalAttention"/> saves: the logarithm of the sum of each row's exponentials.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static TensorShape CausalAttentionSaves(Tensor q, Tensor k, Tensor v, int heads) => SavedShape(CausalSizes(q, k, v, heads));

    /// <summary>Writes the result of <see cref="CausalAttention"/>, and what it saves.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void CausalAttentionInto(Tensor q, Tensor k, Tensor v, int heads, Tensor result, Tensor saved) =>
        AttentionKernel.Forward(CausalSizes(q, k, v, heads), q.Span, k.Span, v.Span, isCausal: true, AttentionMask.None, result.Span, saved.Span);

    /// <summary>Adds the gradients of <see cref="CausalAttention"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void CausalAttentionBackward(
        Tensor q, Tensor k, Tensor v, int heads, Tensor saved, Tensor gradResult, Tensor? gradQ, Tensor? gradK, Tensor? gradV) =>
        AttentionKernel.Backward(
            CausalSizes(q, k, v, heads), q.Span, k.Span, v.Span, isCausal: true, AttentionMask.None, saved.Span, gradResult.Span, gradQ, gradK, gradV);

    private static AttentionSizes CausalSizes(Tensor q, Tensor k, Tensor v, int heads)
    {
        var sizes = AttentionSizes.Of(q, k, v, heads, nameof(CausalAttention));
        return sizes.Keys >= sizes.Queries ? sizes : throw new ArgumentException(
            $"CausalAttention was given {sizes.Queries} queries and {sizes.Keys} keys: the first queries would see none. Give at least as many keys.", nameof(k));
    }

    private static TensorShape SavedShape(in AttentionSizes sizes) => new(sizes.Batches, sizes.Heads, sizes.Queries);
}
