extern alias reference;

using R = reference::Lora;

namespace Lora.Tests.Operations;

internal static partial class OperationCases
{
    private static IEnumerable<OperationCase> Attentions()
    {
        foreach ((int[] leading, int t, int s, int heads, int keyHeads, int d) in new (int[], int, int, int, int, int)[]
        {
            ([], 1, 1, 1, 1, 1), ([2], 5, 5, 2, 2, 3), ([2], 7, 7, 4, 2, 8), ([1], 9, 9, 6, 1, 5), ([], 35, 35, 1, 1, 4), ([2, 1], 3, 6, 2, 1, 4), ([1], 1, 9, 2, 2, 4), ([1], 33, 40, 2, 2, 9),
        })
        {
            int[] q = [.. leading, t, heads * d];
            int[] k = [.. leading, s, keyHeads * d];
            yield return OperationCase.Of(
                nameof(Nn.CausalAttention), [Normal(q), Normal(k), Normal(k), heads], x => R.Nn.CausalAttention(x[0], x[1], x[2], heads));
            yield return OperationCase.Of(
                nameof(Nn.Attention), [Normal(q), Normal(k), Normal(k), heads, null], x => R.Nn.Attention(x[0], x[1], x[2], heads));
        }

        yield return OperationCase.Of(
            nameof(Nn.Attention), [Normal(2, 6, 8), Normal(2, 3, 4), Normal(2, 3, 4), 2, null], x => R.Nn.Attention(x[0], x[1], x[2], 2)).As("fewer keys");
        Tensor same = Normal(2, 6, 8);
        yield return OperationCase.Of(
            nameof(Nn.CausalAttention), [same, same, same, 2], x => R.Nn.CausalAttention(x[0], x[0], x[0], 2)).As("f(x, x, x)");
        yield return OperationCase.Of(
            nameof(Nn.Attention), [same, same, same, 4, null], x => R.Nn.Attention(x[0], x[0], x[0], 4)).As("f(x, x, x)");

        // Every way in which a mask may broadcast; the numbers are the dimensions of [batch, heads, t, s].
        foreach ((int[] mask, int[] full) in new (int[], int[])[]
        {
            ([7], [1, 1, 1, 7]), ([5, 7], [1, 1, 5, 7]), ([1, 7], [1, 1, 1, 7]), ([2, 1, 7], [2, 1, 1, 7]), ([2, 5, 7], [2, 1, 5, 7]), ([1, 5, 7], [1, 1, 5, 7]),
            ([2, 4, 5, 7], [2, 4, 5, 7]), ([1, 4, 1, 7], [1, 4, 1, 7]), ([2, 1, 5, 7], [2, 1, 5, 7]),
        })
        {
            yield return Masked(Normal(mask), full);
            Tensor hidden = Normal(mask);
            for (int i = 0; i < hidden.Length; i += 3)
            {
                hidden.Span[i] = float.NegativeInfinity;
            }

            yield return Masked(hidden, full).As("with −∞");
        }
    }

    private static OperationCase Masked(Tensor mask, int[] full) => OperationCase.Of(
        nameof(Nn.Attention), [Normal(2, 5, 12), Normal(2, 7, 6), Normal(2, 7, 6), 4, mask],
        x => R.Nn.Attention(x[0], x[1], x[2], 4, R.Nn.Reshape(x[3], full)));
}
