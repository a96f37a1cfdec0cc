namespace Lora.Tests.Tensors;

/// <summary>Memory that is lent out in a step, taken over, and measured.</summary>
public sealed class WorkspaceTests
{
    [Theory]
    [InlineData(3, 1031)]
    [InlineData(5, 7)]
    public void The_gradient_of_cross_entropy_in_the_memory_of_the_logits_is_the_same_bit_for_bit(int rows, int classes)
    {
        Tensor values = Tensor.RandomNormal(1, rows, classes);
        int[] targets = [.. Enumerable.Range(0, rows).Select(row => row == 1 ? -100 : row * 3 % classes)];
        var work = new Workspace();
        float[][] gradients = [.. new[] { false, true }.Select(isOver =>
        {
            Tensor logits = work.Rent(new TensorShape(rows, classes), needsGradient: true);
            values.Span.CopyTo(logits.Span);
            Tensor saved = work.Rent(Nn.CrossEntropySaves(logits, targets, -100));
            Nn.CrossEntropyInto(logits, targets, -100, saved);
            long before = work.AllocatedBytes;
            Tensor gradient = (isOver ? work.GradientOver(logits) : work.GradientInto(logits))!;
            (work.AllocatedBytes - before).ShouldBe(isOver ? 0 : rows * classes * sizeof(float));
            Nn.CrossEntropyBackward(logits, targets, -100, saved, 0.7f, gradient);
            float[] result = gradient.Span.ToArray();
            work.Reset(default);
            return result;
        })];
        gradients[1].ShouldBe(gradients[0]);
        gradients[0].ShouldContain(value => value != 0);
    }

    [Fact]
    public void A_gradient_takes_no_memory_that_is_read_elsewhere_or_comes_from_outside()
    {
        var work = new Workspace();
        var shape = new TensorShape(2, 3);
        Tensor kept = work.Keep(work.Rent(shape, needsGradient: true));
        Tensor aliased = work.Rent(shape, needsGradient: true);
        Tensor alias = work.Alias(aliased, needsGradient: true);
        Tensor pinned = work.Pin(work.Rent(shape, needsGradient: true));
        Tensor added = work.Rent(shape, needsGradient: true);
        work.Gradient(added);
        Tensor[] tensors = [kept, aliased, alias, pinned, added];
        Array.ForEach(tensors, tensor => tensor.Span.Fill(5));
        foreach (Tensor tensor in tensors)
        {
            Tensor gradient = work.GradientOver(tensor)!;
            gradient.ShouldBeSameAs(work.Gradient(tensor));
            gradient.Span.Fill(1);
            tensor.Span.ToArray().ShouldAllBe(value => value == 5);
        }

        work.GradientOver(work.Rent(shape)).ShouldBeNull();
        work.GradientOver(Tensor.Zeros(2, 3)).ShouldBeNull();
        work.GradientOver(null).ShouldBeNull();
    }

    [Fact]
    public void A_large_result_that_can_be_made_again_gives_its_memory_to_others()
    {
        var shape = new TensorShape(512, 512);
        var work = new Workspace();
        Tensor result = work.Rent(shape, needsGradient: true);
        work.KeepOrRemake(result, isTrained: false);
        work.KeepOrRemake(result);
        work.Drop(result);
        Tensor other = work.Rent(shape);
        other.Span.Fill(3);
        work.AllocatedBytes.ShouldBe(4 * shape.Length);
        Should.Throw<InvalidOperationException>(() => result.Span.Length);

        work.Remakes(result).ShouldBeTrue();
        work.Remakes(result).ShouldBeFalse();
        result.Span.Fill(2);
        other.Span.ToArray().ShouldAllBe(value => value == 3);
        work.SavedBytes.ShouldBe(4 * shape.Length);
        work.AllocatedBytes.ShouldBe(8 * shape.Length);
        work.Free(result);
        work.Rent(shape);
        work.AllocatedBytes.ShouldBe(8 * shape.Length);
    }

    [Fact]
    public void A_small_result_that_could_be_made_again_stays_until_its_gradient_takes_its_memory()
    {
        var shape = new TensorShape(3, 4);
        var work = new Workspace();
        Tensor result = work.Rent(shape, needsGradient: true);
        result.Span.Fill(2);
        work.KeepOrRemake(result);
        work.Drop(result);
        work.RentOver(result, shape).Span.Fill(5);
        result.Span.ToArray().ShouldAllBe(value => value == 2);
        work.Remakes(result).ShouldBeFalse();
        long before = work.AllocatedBytes;
        work.GradientOver(result)!.BeginAccumulate(out _).Fill(1);
        work.AllocatedBytes.ShouldBe(before);
    }

    [Fact]
    public void A_derivative_that_clears_the_memory_of_its_input_says_so()
    {
        var work = new Workspace();
        Tensor input = work.Rent(new TensorShape(2, 3), needsGradient: true);
        Tensor gradient = work.GradientOver(input)!;
        Should.Throw<InvalidOperationException>(() => gradient.Span.Length).Message.ShouldContain("BeginAccumulate");
        gradient.BeginAccumulate(out bool overwrite).Fill(2);
        overwrite.ShouldBeTrue();
        gradient.Span.ToArray().ShouldAllBe(value => value == 2);
        work.Free(input);
        work.Rent(new TensorShape(2, 3));
        work.AllocatedBytes.ShouldBe(6 * sizeof(float));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Inputs_share_the_gradient_of_a_sum_until_one_is_added_to(bool freesSecond)
    {
        var work = new Workspace();
        Tensor first = work.Rent(new TensorShape(2, 3), needsGradient: true);
        Tensor second = work.Rent(new TensorShape(6), needsGradient: true);
        Tensor sum = work.Rent(new TensorShape(2, 3), needsGradient: true);
        work.Gradient(sum).Span.Fill(2);
        long before = work.AllocatedBytes;
        work.SharedGradient(first, work.Gradient(sum)).ShouldBeNull();
        work.SharedGradient(second, work.Gradient(sum)).ShouldBeNull();
        work.Free(sum);
        work.AllocatedBytes.ShouldBe(before);
        work.Gradient(second).Shape.ToArray().ShouldBe([6]);

        if (freesSecond)
        {
            work.Gradient(second).Span.ToArray().ShouldAllBe(value => value == 2);
            work.Free(second);
        }

        // The memory of the sum is free, and nothing else that is used up here is.
        _ = work.Rent(new TensorShape(6));
        Tensor own = work.GradientInto(first)!;
        own.BeginAccumulate(out bool overwrite)[0] += 1;
        overwrite.ShouldBeFalse();
        own.Span.ToArray().ShouldBe([3, 2, 2, 2, 2, 2]);
        (work.AllocatedBytes - before).ShouldBe(freesSecond ? 0 : 6 * sizeof(float));
        if (!freesSecond)
        {
            work.Gradient(second).Span.ToArray().ShouldAllBe(value => value == 2);
        }
    }

    [Fact]
    public void An_input_that_a_sum_has_twice_has_the_gradient_twice()
    {
        var work = new Workspace();
        Tensor x = work.Rent(new TensorShape(3), needsGradient: true);
        Tensor sum = work.Rent(new TensorShape(3), needsGradient: true);
        work.Gradient(sum).Span.Fill(2);
        Tensor gradSum = work.Gradient(sum);
        Nn.AddBackward(gradSum, work.SharedGradient(x, gradSum), work.SharedGradient(x, gradSum));
        work.Gradient(x).Span.ToArray().ShouldAllBe(value => value == 4);
        gradSum.Span.ToArray().ShouldAllBe(value => value == 2);
    }

    [Fact]
    public void A_gradient_is_not_shared_with_one_of_another_length_or_where_none_is_needed()
    {
        var work = new Workspace();
        Tensor longer = work.Rent(new TensorShape(2, 3), needsGradient: true);
        Tensor alike = work.Rent(new TensorShape(6), needsGradient: true);
        work.SharedGradient(alike, work.Gradient(longer)).ShouldBeNull();
        work.Gradient(alike).Span.ToArray().ShouldAllBe(value => value == 0);
        work.SharedGradient(work.Rent(new TensorShape(3), needsGradient: true), work.Gradient(longer)).ShouldNotBeNull();
        work.SharedGradient(work.Rent(new TensorShape(2, 3)), work.Gradient(longer)).ShouldBeNull();
        work.SharedGradient(null, work.Gradient(longer)).ShouldBeNull();
    }

    [Fact]
    public void Measured_tensors_have_a_shape_and_take_nothing()
    {
        var work = Workspace.Measuring();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Tensor huge = work.Rent(new TensorShape(1 << 15, 1 << 15));
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(10_000);
        work.AllocatedBytes.ShouldBe(4L << 30);
        huge.Shape.ToArray().ShouldBe([1 << 15, 1 << 15]);
        work.Rent(new TensorShape(2)).Span.ToArray().ShouldBe([0, 0]);
    }

    [Fact]
    public void A_shape_is_written_as_a_list()
    {
        TensorShape shape = [2, 10, 768];
        shape.ShouldBe(new TensorShape(2, 10, 768));
        TensorShape? none = null;
        Workspace.Outside(none).ShouldBeNull();
        Should.Throw<ArgumentException>(() => { TensorShape negative = [2, -1]; _ = negative.Rank; });
    }
}
