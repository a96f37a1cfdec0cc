using System.Numerics.Tensors;

namespace Lora;

public sealed partial class LoraAdapter
{
    /// <summary>
    /// An adapter whose delta is the weighted sum of the others': A's columns are those of theirs side by side, and B's rows theirs, multiplied by weight and scaling.
    /// </summary>
    internal static LoraAdapter Combine(IReadOnlyList<(LoraAdapter Adapter, float Weight)> parts)
    {
        int rank = parts.Sum(part => part.Adapter.Rank);
        int inputs = parts[0].Adapter.A.Shape[0];
        int features = parts[0].Adapter.B.Shape[1];
        var combined = new LoraAdapter(
            new LoraSettings { Rank = rank, Alpha = rank },
            Tensor.Zeros(inputs, rank),
            Tensor.Zeros(rank, features),
            magnitude: null,
            isLinear: parts[0].Adapter.B.TakesLoraPlusRatio);
        int first = 0;
        foreach ((LoraAdapter adapter, float weight) in parts)
        {
            int width = adapter.Rank;
            for (int i = 0; i < inputs; i++)
            {
                adapter.A.Span.Slice(i * width, width).CopyTo(combined.A.Span.Slice((i * rank) + first, width));
            }

            TensorPrimitives.Multiply(adapter.B.Span, weight * adapter.Scaling, combined.B.Span.Slice(first * features, width * features));
            first += width;
        }

        return combined;
    }
}
