extern alias reference;

using R = reference::Lora;

namespace Lora.Tests.Operations;

internal static partial class OperationCases
{
    private static IEnumerable<OperationCase> Reductions()
    {
        foreach (int[] shape in new int[][] { [], [1], [7], [3, 11], [2, 3, 16] })
        {
            yield return OperationCase.Of(nameof(Nn.Sum), [Normal(shape)], t => R.Nn.Sum(t[0]));
            yield return OperationCase.Of(nameof(Nn.Mean), [Normal(shape)], t => R.Nn.Mean(t[0]));
            for (int axis = -shape.Length; axis < shape.Length; axis++)
            {
                foreach (bool keepDims in new[] { false, true })
                {
                    int along = axis;
                    yield return OperationCase.Of(nameof(Nn.Sum), [Normal(shape), along, keepDims], t => R.Nn.Sum(t[0], along, keepDims));
                    yield return OperationCase.Of(nameof(Nn.Mean), [Normal(shape), along, keepDims], t => R.Nn.Mean(t[0], along, keepDims));
                }
            }
        }

        yield return OperationCase.Of(nameof(Nn.Sum), [Normal(0, 3), 0, false], t => R.Nn.Sum(t[0], 0));
    }
}
