using System.Numerics.Tensors;

namespace Lora;

/// <content>Adapters with a magnitude: <c>y = c⊙(W[i] + s·A[i]·B)</c> with c = m / ‖W + s·A·B‖, the norms taken along the ids and constants to the backward pass.</content>
public sealed partial class Embedding
{
    private void ScaleByMagnitude(LoraAdapter adapter, Span<float> rows)
    {
        if (adapter.Magnitude is not { } magnitude)
        {
            return;
        }

        Span<float> scratch = Scratch.Take((2 * Width) + DoraNorms.ScratchLength(adapter));
        Span<float> norms = scratch[..Width];
        Span<float> scale = scratch.Slice(Width, Width);
        Norms(adapter, scratch[(2 * Width)..], norms);
        DoraNorms.Scale(magnitude.Span, norms, scale);
        for (int at = 0; at < rows.Length; at += Width)
        {
            Span<float> row = rows.Slice(at, Width);
            TensorPrimitives.Multiply(row, scale, row);
        }
    }

    private void AddGradientsWithMagnitude<TRank>(LoraAdapter adapter, ReadOnlySpan<int> ids, ReadOnlySpan<float> g)
        where TRank : struct, IRank
    {
        int width = Width;
        int rank = adapter.Rank;
        int length = ids.Length * rank;
        Parameter magnitude = adapter.Magnitude!;
        Span<float> scratch = Scratch.Take((2 * length) + g.Length + (2 * width) + DoraNorms.ScratchLength(adapter));
        Span<float> hidden = scratch[..length];
        Span<float> gradHidden = scratch.Slice(length, length);
        Span<float> directions = scratch.Slice(2 * length, g.Length);
        Span<float> norms = scratch.Slice((2 * length) + g.Length, width);
        Span<float> scale = scratch.Slice((2 * length) + g.Length + width, width);
        Norms(adapter, scratch[((2 * length) + g.Length + (2 * width))..], norms);
        DoraNorms.Scale(magnitude.Span, norms, scale);
        CopyRows(ids, directions);
        Gather(adapter, ids, hidden);
        LowRank.AddUp<TRank>(hidden, adapter.B.Span, adapter.Scaling, directions, ids.Length, width, rank);
        AddGradientOfMagnitude(g, directions, norms, magnitude.Gradient.Span);

        Span<float> gradDirection = directions;
        for (int at = 0; at < g.Length; at += width)
        {
            TensorPrimitives.Multiply(g.Slice(at, width), scale, gradDirection.Slice(at, width));
        }

        if (!IsFrozen)
        {
            Scatter(gradDirection, width, ids, _weight.Dense!.Gradient.Span);
        }

        LowRank.AddGradientOfUp<TRank>(hidden, gradDirection, adapter.Scaling, adapter.B.Gradient.Span, ids.Length, width, rank);
        LowRank.GradientOfHidden<TRank>(gradDirection, adapter.B.Span, adapter.Scaling, gradHidden, ids.Length, width, rank);
        Scatter(gradHidden, rank, ids, adapter.A.Gradient.Span);
    }
}
