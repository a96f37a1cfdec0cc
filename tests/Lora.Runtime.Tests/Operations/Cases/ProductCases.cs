extern alias reference;

using R = reference::Lora;

namespace Lora.Tests.Operations;

internal static partial class OperationCases
{
    private static IEnumerable<OperationCase> Products()
    {
        foreach ((int[] a, int[] b) in new (int[], int[])[]
        {
            ([1, 1], [1, 1]), ([3, 4], [4, 5]), ([9, 11], [11, 17]), ([2, 3, 4], [4, 5]), ([2, 3, 4], [2, 4, 5]), ([2, 3, 1, 7], [2, 3, 7, 2]), ([1, 9], [9, 1]),
        })
        {
            yield return OperationCase.Of(nameof(Nn.MatMul), [Normal(a), Normal(b)], t => R.Nn.MatMul(t[0], t[1]));
        }

        Tensor square = Normal(5, 5);
        yield return OperationCase.Of(nameof(Nn.MatMul), [square, square], t => R.Nn.MatMul(t[0], t[0])).As("f(x, x)");

        foreach (bool isFrozen in new[] { true, false })
        {
            var table = Embedding.From(Normal(13, 6));
            table.IsFrozen = isFrozen;
            R.Tensor frozen = Twin(table);
            Parameter[] trained = Trained(table);
            foreach (int[] shape in new int[][] { [6], [3, 6], [2, 5, 6] })
            {
                OperationCase projected = OperationCase.Of(
                    nameof(Nn.Project), [Normal(shape), table], t => R.Nn.Reshape(
                        R.Nn.Project(R.Nn.Reshape(t[0], -1, 6), R.Embedding.From(isFrozen ? frozen : t[1])), [.. shape[..^1], 13]));
                yield return projected.As(isFrozen ? "frozen" : "trained") with { Parameters = trained };
            }
        }
    }

    private static R.Tensor Twin(Embedding table)
    {
        float[] values = new float[table.Count * table.Width];
        table.CopyWeightTo(values);
        return R.Tensor.From((ReadOnlySpan<float>)values, table.Count, table.Width);
    }

    // The layer's own weights, where they are trained.
    private static Parameter[] Trained(Layer layer) => layer.IsFrozen ? [] : [.. layer.Weights.Select(weight => weight.Dense!)];
}
