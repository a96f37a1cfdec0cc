namespace Lora.Tests.Operations;

/// <summary>What an operation cannot do is an error that names the shapes or values in question.</summary>
public sealed class RefusalTests
{
    public static TheoryData<string, Action, string> Refusals => new()
    {
        { "broadcasting", () => Nn.Add(Tensor.Zeros(2, 3), Tensor.Zeros(2, 4)), "[2, 3] and [2, 4]" },
        { "broadcasting a prefix", () => _ = Tensor.Zeros(2, 3) * Tensor.Zeros(2), "dimension 1 is 3 and 2" },
        { "inner dimensions", () => Nn.MatMul(Tensor.Zeros(2, 3), Tensor.Zeros(4, 3)), "last dimension of the first is 3" },
        { "leading dimensions", () => Nn.MatMul(Tensor.Zeros(2, 2, 3), Tensor.Zeros(3, 3, 4)), "[2, 2, 3] and [3, 3, 4]" },
        { "a vector as matrix", () => Nn.MatMul(Tensor.Zeros(3), Tensor.Zeros(3, 4)), "one row or one column" },
        { "shapes of SwiGlu", () => Nn.SwiGlu(Tensor.Zeros(2, 3), Tensor.Zeros(3)), "[2, 3] and [3]" },
        { "shapes of MseLoss", () => Nn.MseLoss(Tensor.Zeros(2, 1), Tensor.Zeros(2)), "[2, 1] and [2]" },
        { "shapes of MaeLoss", () => Nn.MaeLoss(Tensor.Zeros(2, 1), Tensor.Zeros(2)), "[2, 1] and [2]" },
        { "shapes of BCE", () => Nn.BinaryCrossEntropyWithLogits(Tensor.Zeros(2, 1), Tensor.Zeros(2)), "[2, 1] and [2]" },
        { "the mean of nothing", () => Nn.Mean(Tensor.Zeros(0, 3)), "[0, 3]" },
        { "the mean along nothing", () => Nn.Mean(Tensor.Zeros(0, 3), 0), "divide by 0" },
        { "the loss of nothing", () => Nn.MseLoss(Tensor.Zeros(0), Tensor.Zeros(0)), "no elements" },
        { "softmax of a scalar", () => Nn.Softmax(Tensor.Zeros()), "without dimensions" },
        { "every target ignored", () => Nn.CrossEntropy(Tensor.Zeros(2, 3), [-100, -100]), "2 targets that are all ignored (-100)" },
        { "no target", () => Nn.CrossEntropy(Tensor.Zeros(0, 3), []), "no target" },
        { "too few targets", () => Nn.CrossEntropy(Tensor.Zeros(2, 3), [1]), "[2, 3] and 1 targets" },
        { "a target that is no class", () => Nn.CrossEntropy(Tensor.Zeros(2, 3), [1, 3]), "Target 3 at position 1" },
        { "a negative target", () => Nn.CrossEntropy(Tensor.Zeros(2, 3), [-1, 2]), "Target -1 at position 0" },
        { "reshaping to another length", () => Nn.Reshape(Tensor.Zeros(2, 3), 4, 2), "[2, 3], which has 6 elements, the shape [4, 2]" },
        { "two open dimensions", () => Nn.Reshape(Tensor.Zeros(2, 3), -1, -1), "at most one" },
        { "an open dimension that is no integer", () => Nn.Reshape(Tensor.Zeros(2, 3), 4, -1), "[4, -1]" },
        { "an axis too far", () => Nn.Transpose(Tensor.Zeros(2, 3), 0, 2), "axis 2 of a tensor of shape [2, 3]" },
        { "transposing a vector", () => Nn.Transpose(Tensor.Zeros(3)), "shape [3]" },
        { "summing along no axis", () => Nn.Sum(Tensor.Zeros(2, 3), -3), "the axes are -2 to 1" },
        { "a slice too long", () => Nn.Slice(Tensor.Zeros(2, 3), 1, 2, 2), "2 indices from 2 on" },
        { "a slice before the start", () => Nn.Slice(Tensor.Zeros(2, 3), 1, -1, 2), "from -1 on" },
        { "joining other shapes", () => Nn.Concat(Tensor.Zeros(2, 3), Tensor.Zeros(3, 3), 1), "[2, 3] and [3, 3]" },
        { "joining other ranks", () => Nn.Concat(Tensor.Zeros(2, 3), Tensor.Zeros(2, 3), Tensor.Zeros(2), 1), "[2, 3] and [2]" },
        { "heads that do not divide", () => Attend([2, 6], [2, 6], 4), "4 heads" },
        { "key heads that do not divide", () => Attend([2, 12], [2, 8], 3), "4 times a divisor of 3" },
        { "keys and values that differ", () => Nn.CausalAttention(Tensor.Zeros(2, 4), Tensor.Zeros(2, 4), Tensor.Zeros(3, 4), 1), "[3, 4]" },
        { "more queries than keys", () => Attend([3, 4], [2, 4], 1), "3 queries and 2 keys" },
        { "a mask of keys without the dimension of queries", () => Masked([2, 5]), "[.., 1, s]" },
        { "a mask for another batch", () => Masked([3, 1, 5]), "[3, 1, 5]" },
        { "a mask for other heads", () => Masked([2, 3, 1, 5]), "[2, 3, 1, 5]" },
        { "an id outside the table", () => new Embedding(5, 2).Forward([0, 4, 5]), "Id 5 at position 2 lies outside the table, which has 5 rows" },
        { "a negative id", () => new Embedding(5, 2).Forward([-1], 1), "Id -1 at position 0" },
        { "ids that do not divide", () => new Embedding(5, 2).Forward([0, 1, 2], 2), "3 ids do not divide into 2" },
        { "an embedding without rows", () => new Embedding(0, 2), "count is 0" },
        { "a table that is none", () => Embedding.From(Tensor.Zeros(3)), "[count, width]" },
        { "another table", () => new Embedding(5, 2).SetWeight(Tensor.Zeros(2, 5)), "[5, 2]" },
        { "the width of a norm", () => new RmsNorm(4).Forward(Tensor.Zeros(2, 3)), "[.., 4]" },
        { "the width of a layer norm", () => new LayerNorm(4).Forward(Tensor.Zeros(2, 3)), "[.., 4]" },
        { "the weight of a norm", () => new RmsNorm(4).SetWeight(Tensor.Zeros(3)), "[4]" },
        { "the bias of a norm", () => LayerNorm.From(Tensor.Zeros(4), Tensor.Zeros(3)), "[3]" },
        { "a negative epsilon", () => new RmsNorm(4, -1), "-1" },
        { "a projection of another width", () => Nn.Project(Tensor.Zeros(2, 3), new Embedding(5, 2)), "[.., 2]" },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public void Is_refused_by_name(string what, Action action, string expected)
    {
        what.ShouldNotBeEmpty();
        Should.Throw<ArgumentException>(action).Message.ShouldContain(expected);
    }

    [Fact]
    public void A_bias_that_is_not_there_is_refused()
    {
        Should.Throw<InvalidOperationException>(() => new LayerNorm(3, bias: false).SetBias(Tensor.Zeros(3)));
        new LayerNorm(3, bias: false).HasBias.ShouldBeFalse();
    }

    private static void Attend(int[] q, int[] k, int heads) => Nn.CausalAttention(Tensor.Zeros(q), Tensor.Zeros(k), Tensor.Zeros(k), heads);

    private static void Masked(int[] mask) =>
        Nn.Attention(Tensor.Zeros(2, 4, 4), Tensor.Zeros(2, 5, 4), Tensor.Zeros(2, 5, 4), 2, Tensor.Zeros(mask));
}
