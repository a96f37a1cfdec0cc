extern alias reference;

using R = reference::Lora;

namespace Lora.Tests.Operations;

internal static partial class OperationCases
{
    private static IEnumerable<OperationCase> Losses()
    {
        foreach (int[] shape in new int[][] { [], [1], [7], [3, 11], [2, 3, 16] })
        {
            yield return OperationCase.Of(nameof(Nn.MseLoss), [Normal(shape), Normal(shape)], t => R.Nn.MseLoss(t[0], t[1]));
            yield return OperationCase.Of(nameof(Nn.MaeLoss), [Normal(shape), Normal(shape)], t => R.Nn.MaeLoss(t[0], t[1]));
            yield return OperationCase.Of(
                nameof(Nn.BinaryCrossEntropyWithLogits), [Normal(shape) * 3f, Nn.Sigmoid(Normal(shape))],
                t => R.Nn.BinaryCrossEntropyWithLogits(t[0], t[1]));
            Tensor same = Normal(shape);
            yield return OperationCase.Of(nameof(Nn.MseLoss), [same, same], t => R.Nn.MseLoss(t[0], t[0])).As("f(x, x)");
            yield return OperationCase.Of(
                nameof(Nn.BinaryCrossEntropyWithLogits), [same, same], t => R.Nn.BinaryCrossEntropyWithLogits(t[0], t[0])).As("f(x, x)");
        }

        foreach ((int[] shape, int[] targets, int ignore) in new (int[], int[], int)[]
        {
            ([1, 3], [2], -100),
            ([1, 1], [0], -100),
            ([4], [1], -100),
            ([5, 7], [0, 6, 3, 3, 1], -100),
            ([5, 7], [0, -100, 3, -100, 1], -100),
            ([5, 7], [2, 0, 2, 6, 1], 2),
            ([2, 3, 19], [18, 0, 1, -1, 5, 5], -1),
        })
        {
            yield return OperationCase.Of(
                nameof(Nn.CrossEntropy), [Normal(shape), targets, ignore], t => R.Nn.CrossEntropy(t[0], targets, ignore));
        }

        int[] far = [3, 0];
        yield return OperationCase.Of(
            nameof(Nn.CrossEntropy), [(Normal(2, 1031) * 3f) + 5000f, far, -100], t => R.Nn.CrossEntropy(t[0], far)).As("far from zero");
    }
}
