extern alias reference;

using R = reference::Lora;

namespace Lora.Tests.Operations;

internal static partial class OperationCases
{
    private static IEnumerable<OperationCase> Layout()
    {
        foreach ((int[] from, int[] to) in new (int[], int[])[]
        {
            ([6], [2, 3]), ([2, 3, 4], [6, -1]), ([2, 3, 4], [-1]), ([1], []), ([3, 5], [3, 5]), ([0, 2], [2, 0]),
        })
        {
            yield return OperationCase.Of(nameof(Nn.Reshape), [Normal(from), to], t => R.Nn.Reshape(t[0], to));
        }

        foreach (int[] shape in new int[][] { [1, 1], [2, 3], [17, 33], [2, 3, 4], [2, 1, 19, 18] })
        {
            yield return OperationCase.Of(nameof(Nn.Transpose), [Normal(shape)], t => R.Nn.Transpose(t[0]));
        }

        foreach ((int[] shape, int a, int b) in new (int[], int, int)[]
        {
            ([4], 0, 0), ([2, 3, 4], 0, 1), ([2, 3, 4], 0, 2), ([2, 3, 4], -1, 1), ([2, 3, 4, 5], 1, 2), ([2, 3, 4, 5], 3, 0), ([3, 2, 2, 3, 2], 1, -2), ([2, 3], 1, 1),
        })
        {
            yield return OperationCase.Of(nameof(Nn.Transpose), [Normal(shape), a, b], t => R.Nn.Transpose(t[0], a, b));
        }

        foreach ((int[] shape, int axis, int start, int length) in new (int[], int, int, int)[]
        {
            ([5], 0, 1, 3), ([4, 6], 0, 2, 2), ([4, 6], 1, 0, 5), ([2, 3, 4], -2, 1, 1), ([2, 3, 4], -1, 2, 2), ([3, 4], 1, 4, 0),
        })
        {
            yield return OperationCase.Of(nameof(Nn.Slice), [Normal(shape), axis, start, length], t => R.Nn.Slice(t[0], axis, start, length));
        }

        foreach (OperationCase joined in Joined([2, 3, 4], 0).Concat(Joined([2, 3, 4], 1)).Concat(Joined([2, 3, 4], -1)).Concat(Joined([3], 0)))
        {
            yield return joined;
        }
    }

    private static IEnumerable<OperationCase> Joined(int[] shape, int axis)
    {
        Tensor Part(int size)
        {
            int[] dimensions = [.. shape];
            dimensions[axis < 0 ? axis + shape.Length : axis] = size;
            return Normal(dimensions);
        }

        yield return OperationCase.Of(nameof(Nn.Concat), [Part(2), Part(5), axis], t => R.Nn.Concat(t[0], t[1], axis));
        yield return OperationCase.Of(nameof(Nn.Concat), [Part(0), Part(1), axis], t => R.Nn.Concat(t[0], t[1], axis));
        yield return OperationCase.Of(
            nameof(Nn.Concat), [Part(1), Part(3), Part(2), axis], t => R.Nn.Concat(R.Nn.Concat(t[0], t[1], axis), t[2], axis));
        yield return OperationCase.Of(
            nameof(Nn.Concat), [Part(2), Part(1), Part(0), Part(3), axis],
            t => R.Nn.Concat(R.Nn.Concat(R.Nn.Concat(t[0], t[1], axis), t[2], axis), t[3], axis));
        Tensor same = Part(3);
        yield return OperationCase.Of(nameof(Nn.Concat), [same, same, axis], t => R.Nn.Concat(t[0], t[0], axis)).As("f(x, x)");
        yield return OperationCase.Of(
            nameof(Nn.Concat), [same, Part(2), same, axis], t => R.Nn.Concat(R.Nn.Concat(t[0], t[1], axis), t[0], axis)).As("f(x, y, x)");
    }
}
