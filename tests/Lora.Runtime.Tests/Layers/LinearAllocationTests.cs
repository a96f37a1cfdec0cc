namespace Lora.Tests.Layers;

public class LinearAllocationTests
{
    [Theory]
    [InlineData(3, 6)]
    [InlineData(40, 8)]
    public void Forward_and_backward_of_an_adapted_layer_allocate_nothing(int count, int rank)
    {
        var linear = new Linear(70, 50);
        linear.Attach(new LoraSettings { Rank = rank, Alpha = 8 }, "linear");
        Tensor x = Tensor.RandomNormal(1, count, 70);
        Tensor y = Tensor.Zeros(count, 50);
        Tensor saved = Tensor.Zeros(linear.ForwardSaves(x).AsSpan());
        Tensor gradX = Tensor.Zeros(count, 70);
        Step();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Step();
        Step();
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);

        void Step()
        {
            linear.ForwardInto<AnyRank>(x, y, saved);
            linear.ForwardBackward<AnyRank>(x, saved, y, gradX);
        }
    }
}
