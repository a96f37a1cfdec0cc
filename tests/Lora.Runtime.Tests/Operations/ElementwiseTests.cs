using System.Runtime.InteropServices;
using Lora.Tests.Kernels;

namespace Lora.Tests.Operations;

[Collection(nameof(VectorWidths))]
public sealed class ElementwiseTests
{
    private const int Longest = 70;

    // Every width, one after another, and single elements at the end.
    [Theory]
    [MemberData(nameof(VectorWidths.All), MemberType = typeof(VectorWidths))]
    public void Elements_have_the_same_bits_in_every_vector_and_wherever_they_stand(int width)
    {
        float[][] expected = Results(Longest);
        for (int length = 1; length <= Longest; length++)
        {
            float[][] results = [];
            VectorWidths.Run(width, () => results = Results(length));
            for (int i = 0; i < results.Length; i++)
            {
                ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes<float>(results[i]);
                bytes.SequenceEqual(MemoryMarshal.AsBytes<float>(expected[i].AsSpan(0, length))).ShouldBeTrue($"result {i} of {length} elements");
            }
        }
    }

    [Theory]
    [MemberData(nameof(VectorWidths.All), MemberType = typeof(VectorWidths))]
    public void Exponentials_of_long_rows_add_up(int width) => VectorWidths.Run(width, () =>
    {
        foreach (int length in (int[])[1, 15, 1023, 1025, 50_021])
        {
            float[] x = Tensor.RandomNormal(1, length).Span.ToArray();
            double expected = x.Sum(value => Math.Exp((double)value - 2));
            Exponentials.Sum(x, 2).ShouldBe(expected, 1e-6 * expected);
            float[] result = new float[length];
            Exponentials.Write(x, 2, result).ShouldBe(Exponentials.Sum(x, 2));
            result.Sum(value => (double)value).ShouldBe(expected, 1e-6 * expected);
        }
    });

    [Fact]
    public void The_gradients_of_SwiGlu_do_not_depend_on_which_are_wanted()
    {
        Tensor gate = Tensor.RandomNormal(1, 37);
        Tensor up = Tensor.RandomNormal(2, 37);
        Tensor gradResult = Tensor.RandomNormal(3, 37);
        Tensor[] both = [Tensor.Full(1, 37), Tensor.Full(2, 37)];
        Tensor[] apart = [Tensor.Full(1, 37), Tensor.Full(2, 37)];
        Nn.SwiGluBackward(gate, up, gradResult, both[0], both[1]);
        Nn.SwiGluBackward(gate, up, gradResult, apart[0], null);
        Nn.SwiGluBackward(gate, up, gradResult, null, apart[1]);
        both[0].Span.ToArray().ShouldBe(apart[0].Span.ToArray());
        both[1].Span.ToArray().ShouldBe(apart[1].Span.ToArray());

        Tensor sum = Tensor.Zeros(37);
        Nn.SwiGluBackward(gate, gate, gradResult, sum, sum);
        Tensor[] terms = [Tensor.Zeros(37), Tensor.Zeros(37)];
        Nn.SwiGluBackward(gate, gate, gradResult, terms[0], terms[1]);
        sum.Span.ToArray().ShouldBe(Nn.Add(terms[0], terms[1]).Span.ToArray());
    }

    private static float[][] Results(int length)
    {
        Tensor x = Values(1, length);
        Tensor y = Values(2, length);
        Tensor g = Values(3, length);
        x.Span[0] = float.NaN;
        Tensor two = Tensor.Full(2, 1);
        var results = new List<Tensor>
        {
            Nn.Gelu(x), Nn.GeluTanh(x), Nn.Silu(x), Nn.Sigmoid(x), Nn.SwiGlu(x, y), Nn.Divide(x, y), Nn.Multiply(x, two), Nn.Divide(two, x),
        };
        Tensor Gradient(Action<Tensor> add)
        {
            Tensor gradient = Values(4, length);
            add(gradient);
            return gradient;
        }

        results.Add(Gradient(gradient => Nn.GeluBackward(x, g, gradient)));
        results.Add(Gradient(gradient => Nn.GeluTanhBackward(x, g, gradient)));
        results.Add(Gradient(gradient => Nn.SiluBackward(x, g, gradient)));
        results.Add(Gradient(gradient => Nn.ReluBackward(x, g, gradient)));
        results.Add(Gradient(gradient => Nn.SwiGluBackward(x, y, g, gradient, null)));
        results.Add(Gradient(gradient => Nn.SwiGluBackward(x, y, g, null, gradient)));
        results.Add(Gradient(gradient => Nn.MaeLossBackward(x, y, length, gradient, null)));
        results.Add(Gradient(gradient => Nn.DivideBackward(x, y, g, null, gradient)));
        results.Add(Gradient(gradient => Nn.MultiplyBackward(x, two, g, gradient, null)));
        results.Add(Gradient(gradient => Exponentials.Add(x.Span, 1, 3, gradient.Span)));
        results.Add(Gradient(gradient => Exponentials.Write(x.Span, 1, 3, gradient.Span)));
        return [.. results.Select(result => result.Span.ToArray())];
    }

    // The first elements of a longer tensor.
    private static Tensor Values(ulong seed, int length) => Tensor.From(Tensor.RandomNormal(seed, Longest).Span[..length], length);
}
