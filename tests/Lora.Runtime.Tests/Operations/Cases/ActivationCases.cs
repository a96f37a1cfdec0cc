extern alias reference;

using R = reference::Lora;

namespace Lora.Tests.Operations;

internal static partial class OperationCases
{
    private static IEnumerable<OperationCase> Activations()
    {
        foreach (int[] shape in new int[][] { [], [1], [7], [3, 11], [2, 3, 16], [0, 4] })
        {
            yield return OperationCase.Of(nameof(Nn.Relu), [Normal(shape)], t => R.Nn.Relu(t[0]));
            yield return OperationCase.Of(nameof(Nn.Gelu), [Normal(shape)], t => R.Nn.Gelu(t[0]));
            yield return OperationCase.Of(nameof(Nn.GeluTanh), [Normal(shape)], t => R.Nn.GeluTanh(t[0]));
            yield return OperationCase.Of(nameof(Nn.Silu), [Normal(shape)], t => R.Nn.Silu(t[0]));
            yield return OperationCase.Of(nameof(Nn.Tanh), [Normal(shape)], t => R.Nn.Tanh(t[0]));
            yield return OperationCase.Of(nameof(Nn.Sigmoid), [Normal(shape)], t => R.Nn.Sigmoid(t[0]));
            yield return OperationCase.Of(nameof(Nn.SwiGlu), [Normal(shape), Normal(shape)], t => R.Nn.SwiGlu(t[0], t[1]));
            Tensor same = Normal(shape);
            yield return OperationCase.Of(nameof(Nn.SwiGlu), [same, same], t => R.Nn.SwiGlu(t[0], t[0])).As("f(x, x)");
            if (shape.Length > 0)
            {
                yield return OperationCase.Of(nameof(Nn.Softmax), [Normal(shape)], t => R.Nn.Softmax(t[0]));
                yield return OperationCase.Of(nameof(Nn.LogSoftmax), [Normal(shape)], t => R.Nn.LogSoftmax(t[0]));
            }
        }

        // Wide arguments: the tails, and a sum in more than one block.
        yield return OperationCase.Of(nameof(Nn.Gelu), [Normal(3, 33) * 4f], t => R.Nn.Gelu(t[0]));
        yield return OperationCase.Of(nameof(Nn.GeluTanh), [Normal(3, 33) * 4f], t => R.Nn.GeluTanh(t[0]));
        yield return OperationCase.Of(nameof(Nn.Silu), [Normal(3, 33) * 10f], t => R.Nn.Silu(t[0]));
        yield return OperationCase.Of(nameof(Nn.Sigmoid), [Normal(3, 33) * 10f], t => R.Nn.Sigmoid(t[0]));
        yield return OperationCase.Of(nameof(Nn.Softmax), [Normal(2, 1031)], t => R.Nn.Softmax(t[0]));
        yield return OperationCase.Of(nameof(Nn.LogSoftmax), [Normal(2, 1031)], t => R.Nn.LogSoftmax(t[0]));
        yield return OperationCase.Of(nameof(Nn.LogSoftmax), [(Normal(2, 9) * 30f) + 1000f], t => R.Nn.LogSoftmax(t[0]));
    }
}
