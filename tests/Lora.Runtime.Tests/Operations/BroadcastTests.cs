extern alias reference;

using CsCheck;
using R = reference::Lora;

namespace Lora.Tests.Operations;

public sealed class BroadcastTests
{
    // A result's dimensions, and for each of two inputs which dimensions it repeats and how many leading ones it leaves out.
    private static readonly Gen<(int[] A, int[] B)> _shapes =
        from shape in Gen.Int[1, 4].Array[0, 5]
        from repeatsA in Gen.Bool.Array[5]
        from repeatsB in Gen.Bool.Array[5]
        from leftOutOfB in Gen.Int[0, shape.Length]
        select (
            shape.Select((size, i) => repeatsA[i] ? 1 : size).ToArray(),
            shape.Select((size, i) => repeatsB[i] ? 1 : size).Skip(leftOutOfB).ToArray());

    [Fact]
    public void Any_two_shapes_that_broadcast_give_the_value_and_gradients_of_the_reference() => _shapes.Sample(
        shapes =>
        {
            Tensor a = Tensor.RandomNormal(1, shapes.A);
            Tensor b = Tensor.Full(2, shapes.B) + Nn.Sigmoid(Tensor.RandomNormal(2, shapes.B));
            GradientCheck.Faults(OperationCase.Of(nameof(Nn.Divide), [a, b], t => R.Nn.Divide(t[0], t[1]))).ShouldBeEmpty();
            GradientCheck.Faults(OperationCase.Of(nameof(Nn.Subtract), [b, a], t => R.Nn.Subtract(t[0], t[1]))).ShouldBeEmpty();
        },
        iter: 60, threads: 1);
}
