using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Lora.Tests;

public class TensorTests
{
    [Fact]
    public unsafe void Memory_is_aligned_to_64_bytes_and_does_not_move()
    {
        for (int length = 1; length < 200; length++)
        {
            Tensor tensor = Tensor.Zeros(length);
            nuint address = (nuint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(tensor.Span));
            (address % 64).ShouldBe((nuint)0);
            GC.Collect(0, GCCollectionMode.Forced, blocking: true, compacting: true);
            ((nuint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(tensor.Span))).ShouldBe(address);
        }
    }

    [Fact]
    public void Elements_are_row_major()
    {
        Tensor tensor = Tensor.From([0, 1, 2, 3, 4, 5], 2, 3);
        tensor[1, 2].ShouldBe(5);
        tensor[0, 1] = 7;
        tensor.Span[1].ShouldBe(7);
        tensor.Rank.ShouldBe(2);
        tensor.Length.ShouldBe(6);
        tensor.Shape.ToArray().ShouldBe([2, 3]);
        tensor.ToString().ShouldStartWith("Tensor[2, 3]");
    }

    [Fact]
    public void A_tensor_without_dimensions_has_one_element()
    {
        Tensor tensor = Tensor.Full(3);
        tensor.Length.ShouldBe(1);
        tensor[[]].ShouldBe(3);
    }

    [Fact]
    public void The_tensor_span_shares_the_elements()
    {
        Tensor tensor = Tensor.Zeros(2, 3);
        TensorSpan<float> span = tensor.AsTensorSpan();
        span.Lengths.ToArray().ShouldBe([2, 3]);
        span[1, 0] = 5;
        tensor[1, 0].ShouldBe(5);
    }

    [Fact]
    public void A_clone_has_memory_of_its_own()
    {
        Tensor tensor = Tensor.Full(1, 4);
        Tensor clone = tensor.Clone();
        clone.Span[0] = 2;
        tensor.Span[0].ShouldBe(1);
    }

    [Theory]
    [InlineData(new[] { 2, -1 }, "Dimension 1 is -1")]
    [InlineData(new[] { 65536, 65536 }, "more than 2147483647 elements")]
    [InlineData(new[] { 1, 1, 1, 1, 1, 1, 1, 1, 1 }, "at most 8 dimensions")]
    public void A_wrong_shape_is_refused_by_name(int[] shape, string said) =>
        Should.Throw<ArgumentException>(() => Tensor.Zeros(shape)).Message.ShouldContain(said);

    [Fact]
    public void Values_must_fill_the_shape() =>
        Should.Throw<ArgumentException>(() => Tensor.From([1, 2, 3], 2, 2)).Message.ShouldContain("3 values do not fill a tensor of shape [2, 2]");

    [Fact]
    public void Indices_outside_are_refused_by_name()
    {
        Tensor tensor = Tensor.Zeros(2, 3);
        Should.Throw<ArgumentException>(() => tensor[1]).Message.ShouldContain("takes 2 indices; 1 were given");
        Should.Throw<ArgumentOutOfRangeException>(() => tensor[1, 3]).Message.ShouldContain("Index 3 lies outside dimension 1");
        Should.Throw<ArgumentOutOfRangeException>(() => tensor[-1, 0]);
    }

    [Fact]
    public void A_shape_equals_another_of_the_same_dimensions()
    {
        var shape = new TensorShape(2, 3);
        (shape == new TensorShape(2, 3)).ShouldBeTrue();
        (shape != new TensorShape(3, 2)).ShouldBeTrue();
        shape.GetHashCode().ShouldBe(new TensorShape(2, 3).GetHashCode());
        shape.WithLast(5).ToString().ShouldBe("[2, 5]");
        shape[^1].ShouldBe(3);
    }

    [Fact]
    public void A_fresh_gradient_overwrites_first_and_adds_then()
    {
        Tensor gradient = Tensor.Full(9, 3);
        gradient.MarkPendingZero();
        gradient.BeginAccumulate(out bool first);
        gradient.BeginAccumulate(out bool second);
        (first, second).ShouldBe((true, false));

        gradient.Span.Fill(9);
        gradient.MarkPendingZero();
        gradient.Span.ToArray().ShouldBe([0, 0, 0]);
    }
}
