extern alias reference;

using R = reference::Lora;

namespace Lora.Tests.Operations;

internal static partial class OperationCases
{
    private static IEnumerable<OperationCase> Positions()
    {
        foreach (RotaryLayout layout in Enum.GetValues<RotaryLayout>())
        {
            foreach ((int[] shape, int d, int position) in new (int[], int, int)[]
            {
                ([1, 2], 2, 0), ([5, 6], 6, 0), ([2, 5, 18], 6, 3), ([2, 1, 3, 40], 20, 1), ([2, 4, 32], 32, 7),
            })
            {
                const float Theta = 500f;
                var rotary = new RotaryEmbedding(d, 12, Theta, layout);
                var twin = new R.RotaryEmbedding(d, 12, Theta, (R.RotaryLayout)layout);
                yield return OperationCase.Of(nameof(Nn.Rotary), [Normal(shape), rotary, position], t => R.Nn.Rotary(t[0], twin, position));
            }
        }

        foreach (float probability in new[] { 0f, 0.1f, 0.75f, 1f })
        {
            var key = new RandomKey(7, 3, 2);
            Tensor x = Normal(3, 37);
            R.Tensor mask = DropoutMask(key, probability, x.Shape);
            yield return OperationCase.Of(nameof(Nn.Dropout), [x, probability, key], t => R.Nn.Multiply(t[0], mask));
        }

        yield return OperationCase.Of(nameof(Nn.Dropout), [Normal(5), 0.5f, default(RandomKey)], t => t[0]);
    }

    // Zeros where the draw, a multiple of 2⁻⁵³ below 1, lies below the probability.
    private static R.Tensor DropoutMask(RandomKey key, float probability, ReadOnlySpan<int> shape)
    {
        var mask = R.Tensor.Zeros(shape);
        for (int i = 0; i < mask.Length; i++)
        {
            double draw = Math.ScaleB(LoraRandom.At(key, (ulong)i) >> 11, -53);
            mask.Span[i] = draw < probability ? 0 : 1 / (1 - (double)probability);
        }

        return mask;
    }
}
