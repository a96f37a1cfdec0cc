extern alias reference;

using R = reference::Lora;

namespace Lora.Tests.Operations;

internal static partial class OperationCases
{
    private static readonly (int[] A, int[] B)[] _broadcasts =
    [
        ([], []),
        ([1], [1]),
        ([7], [7]),
        ([3, 17], [3, 17]),
        ([3, 17], [17]),
        ([17], [3, 17]),
        ([3, 1], [1, 5]),
        ([2, 3, 4], [3, 1]),
        ([2, 1, 9], [4, 1]),
        ([2, 3, 4], []),
        ([1], [2, 3]),
        ([2, 1, 3, 1], [5, 1, 4]),
        ([2, 3, 1, 8], [2, 1, 5, 8]),
        ([0, 3], [3]),
        ([2, 0], [1, 1]),
    ];

    private static IEnumerable<OperationCase> Arithmetic()
    {
        foreach ((int[] a, int[] b) in _broadcasts)
        {
            yield return OperationCase.Of(nameof(Nn.Add), [Normal(a), Normal(b)], t => R.Nn.Add(t[0], t[1]));
            yield return OperationCase.Of(nameof(Nn.Subtract), [Normal(a), Normal(b)], t => R.Nn.Subtract(t[0], t[1]));
            yield return OperationCase.Of(nameof(Nn.Multiply), [Normal(a), Normal(b)], t => R.Nn.Multiply(t[0], t[1]));
            yield return OperationCase.Of(nameof(Nn.Divide), [Normal(a), Positive(b)], t => R.Nn.Divide(t[0], t[1]));
        }

        foreach (int[] shape in new int[][] { [], [1], [5], [3, 11], [2, 3, 16] })
        {
            Tensor same = Positive(shape);
            yield return OperationCase.Of(nameof(Nn.Add), [same, same], t => R.Nn.Add(t[0], t[0])).As("f(x, x)");
            yield return OperationCase.Of(nameof(Nn.Subtract), [same, same], t => R.Nn.Subtract(t[0], t[0])).As("f(x, x)");
            yield return OperationCase.Of(nameof(Nn.Multiply), [same, same], t => R.Nn.Multiply(t[0], t[0])).As("f(x, x)");
            yield return OperationCase.Of(nameof(Nn.Divide), [same, same], t => R.Nn.Divide(t[0], t[0])).As("f(x, x)");
            yield return OperationCase.Of(nameof(Nn.Add), [Normal(shape), 1.5f], t => R.Nn.Add(t[0], 1.5));
            yield return OperationCase.Of(nameof(Nn.Subtract), [Normal(shape), 1.5f], t => R.Nn.Subtract(t[0], 1.5));
            yield return OperationCase.Of(nameof(Nn.Subtract), [1.5f, Normal(shape)], t => R.Nn.Subtract(1.5, t[0]));
            yield return OperationCase.Of(nameof(Nn.Multiply), [Normal(shape), -1.5f], t => R.Nn.Multiply(t[0], -1.5));
            yield return OperationCase.Of(nameof(Nn.Divide), [Normal(shape), -1.5f], t => R.Nn.Divide(t[0], -1.5));
            yield return OperationCase.Of(nameof(Nn.Divide), [-1.5f, Positive(shape)], t => R.Nn.Divide(-1.5, t[0]));
            yield return OperationCase.Of(nameof(Nn.Negate), [Normal(shape)], t => R.Nn.Negate(t[0]));
        }

        foreach (OperationCase operatorCase in Operators([3, 5], [5]))
        {
            yield return operatorCase;
        }
    }

    private static IEnumerable<OperationCase> Operators(int[] a, int[] b)
    {
        Type type = typeof(Tensor);
        yield return OperationCase.On(type, "op_Addition", [Normal(a), Normal(b)], t => t[0] + t[1]);
        yield return OperationCase.On(type, "op_Addition", [Normal(a), 0.3f], t => t[0] + (double)0.3f);
        yield return OperationCase.On(type, "op_Addition", [0.3f, Normal(a)], t => (double)0.3f + t[0]);
        yield return OperationCase.On(type, "op_Subtraction", [Normal(a), Normal(b)], t => t[0] - t[1]);
        yield return OperationCase.On(type, "op_Subtraction", [Normal(a), 0.3f], t => t[0] - (double)0.3f);
        yield return OperationCase.On(type, "op_Subtraction", [0.3f, Normal(a)], t => (double)0.3f - t[0]);
        yield return OperationCase.On(type, "op_Multiply", [Normal(a), Normal(b)], t => t[0] * t[1]);
        yield return OperationCase.On(type, "op_Multiply", [Normal(a), 0.3f], t => t[0] * (double)0.3f);
        yield return OperationCase.On(type, "op_Multiply", [0.3f, Normal(a)], t => (double)0.3f * t[0]);
        yield return OperationCase.On(type, "op_Division", [Normal(a), Positive(b)], t => t[0] / t[1]);
        yield return OperationCase.On(type, "op_Division", [Normal(a), 0.3f], t => t[0] / (double)0.3f);
        yield return OperationCase.On(type, "op_Division", [0.3f, Positive(a)], t => (double)0.3f / t[0]);
        yield return OperationCase.On(type, "op_UnaryNegation", [Normal(a)], t => -t[0]);
    }
}
