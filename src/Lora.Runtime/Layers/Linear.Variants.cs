using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace Lora;

/// <content>
/// Adapters with dropout or a magnitude. With D the dropout of the adapter's input and c = m / ‖W + s·(A·B)ᵀ‖ (1 without a magnitude):
/// <c>y = x·Wᵀ + b + (c − 1)⊙(D(x)·Wᵀ) + c⊙s·(D(x)·A)·B</c>. As in PEFT the norm is a constant to the backward pass.
/// </content>
public sealed partial class Linear
{
    /// <summary>The elements that a <see cref="RandomKey"/> takes among saved values.</summary>
    private const int KeyLength = 4;

    private static int SavedLength(LoraAdapter adapter, int count)
    {
        int length = count * adapter.Rank;
        if (adapter.Settings.UseDora)
        {
            length += (count + 1) * adapter.B.Shape[1];
        }

        return adapter.Settings.Dropout > 0 ? length + KeyLength : length;
    }

    private void Run<TRank>(LoraAdapter? adapter, Tensor x, Tensor result, Span<float> saved, RandomKey key)
        where TRank : struct, IRank
    {
        if (adapter is not { Settings.IsPlain: false })
        {
            Apply<TRank>(adapter, x, result, saved);
            return;
        }

        Apply<TRank>(null, x, result, default);
        int count = x.Length / InFeatures;
        var parts = new SavedParts(adapter, count, saved);
        bool drops = key.IsTraining && adapter.Settings.Dropout > 0;
        if (adapter.Settings.Dropout > 0)
        {
            MemoryMarshal.Write(MemoryMarshal.AsBytes(parts.Key), new SavedKey(key.Seed, key.Step, key.Call));
        }

        bool hasMagnitude = adapter.Magnitude is not null;
        Span<float> scratch = Scratch.Take((drops ? x.Length : 0) + (hasMagnitude ? Math.Max(DoraNorms.ScratchLength(adapter), result.Length + OutFeatures) : 0));
        Span<float> dropped = scratch[..(drops ? x.Length : 0)];
        ReadOnlySpan<float> input = drops ? dropped : x.Span;
        if (drops)
        {
            Nn.ApplyMask(x.Span, adapter.Settings.Dropout, key, dropped, overwrite: true);
        }

        LowRank.Down<TRank>(input, adapter.A.Span, parts.Hidden, count, InFeatures, adapter.Rank);
        if (!hasMagnitude)
        {
            LowRank.AddUp<TRank>(parts.Hidden, adapter.B.Span, adapter.Scaling, result.Span, count, OutFeatures, adapter.Rank);
            return;
        }

        Span<float> rest = scratch[dropped.Length..];
        Norms(adapter, rest, parts.Norms);
        if (drops)
        {
            Multiply(input, count, parts.Directions);
        }
        else
        {
            result.Span.CopyTo(parts.Directions);
            SubtractBias(parts.Directions, count);
        }

        Span<float> up = rest[..result.Length];
        Span<float> scale = rest.Slice(result.Length, OutFeatures);
        DoraNorms.Scale(adapter.Magnitude!.Span, parts.Norms, scale);
        up.Clear();
        LowRank.AddUp<TRank>(parts.Hidden, adapter.B.Span, adapter.Scaling, up, count, OutFeatures, adapter.Rank);
        for (int at = 0; at < up.Length; at += OutFeatures)
        {
            // At first the scale is 1 and the adapter's part 0, so that nothing is added, bit for bit.
            Span<float> sum = up.Slice(at, OutFeatures);
            Span<float> frozen = parts.Directions.Slice(at, OutFeatures);
            Span<float> y = result.Span.Slice(at, OutFeatures);
            TensorPrimitives.Add(sum, frozen, sum);
            TensorPrimitives.Negate(frozen, frozen);
            TensorPrimitives.MultiplyAdd(sum, scale, frozen, frozen);
            TensorPrimitives.Add(y, frozen, y);
            sum.CopyTo(frozen);
        }
    }

    private void AddGradientsOfVariant<TRank>(LoraAdapter adapter, Tensor x, Span<float> saved, ReadOnlySpan<float> g, Tensor? gradX)
        where TRank : struct, IRank
    {
        int rank = adapter.Rank;
        int count = x.Length / InFeatures;
        var parts = new SavedParts(adapter, count, saved);
        float dropout = adapter.Settings.Dropout;
        RandomKey key = dropout > 0 ? MemoryMarshal.Read<SavedKey>(MemoryMarshal.AsBytes(parts.Key)).Key : default;
        bool drops = key.IsTraining;
        bool hasMagnitude = adapter.Magnitude is not null;
        if (_bias is { IsFrozen: false })
        {
            Rows.AddSumTo(g, count, _bias.Dense!.Gradient.Span);
        }

        Span<float> scratch = Scratch.Take((count * rank) + (drops ? x.Length : 0) + (hasMagnitude ? g.Length + OutFeatures : 0));
        Span<float> gradHidden = scratch[..(count * rank)];
        Span<float> dropped = scratch.Slice(count * rank, drops ? x.Length : 0);
        Span<float> scale = scratch.Slice(gradHidden.Length + dropped.Length, hasMagnitude ? OutFeatures : 0);
        Span<float> scaled = scratch[(gradHidden.Length + dropped.Length + scale.Length)..];

        // The gradient of the direction W + s·(A·B)ᵀ, through the products that it takes part in.
        ReadOnlySpan<float> gradDirection = g;
        if (adapter.Magnitude is { } magnitude)
        {
            DoraNorms.Scale(magnitude.Span, parts.Norms, scale);
            AddGradientOfMagnitude(g, parts.Directions, parts.Norms, magnitude.Gradient.Span);
            for (int at = 0; at < scaled.Length; at += OutFeatures)
            {
                TensorPrimitives.Multiply(g.Slice(at, OutFeatures), scale, scaled.Slice(at, OutFeatures));
            }

            gradDirection = scaled;
        }

        ReadOnlySpan<float> input = drops ? dropped : x.Span;
        if (drops)
        {
            Nn.ApplyMask(x.Span, dropout, key, dropped, overwrite: true);
        }

        LowRank.GradientOfHidden<TRank>(gradDirection, adapter.B.Span, adapter.Scaling, gradHidden, count, OutFeatures, rank);
        LowRank.AddGradientOfUp<TRank>(parts.Hidden, gradDirection, adapter.Scaling, adapter.B.Gradient.Span, count, OutFeatures, rank);
        LowRank.AddGradientOfDown<TRank>(input, gradHidden, adapter.A.Gradient.Span, count, InFeatures, rank);

        // Dropout parts the frozen product, which sees all of x, from what the magnitude adds to it.
        ReadOnlySpan<float> gradFrozen = drops ? g : gradDirection;
        if (drops && hasMagnitude)
        {
            TensorPrimitives.Subtract(scaled, g, scaled);
        }

        if (!IsFrozen)
        {
            AddGradientOfWeight(gradFrozen, x.Span, count);
            if (drops && hasMagnitude)
            {
                AddGradientOfWeight(scaled, dropped, count);
            }
        }

        if (gradX is null)
        {
            return;
        }

        AddGradientOfInput<TRank>(drops ? null : adapter, gradFrozen, gradHidden, count, gradX);
        if (!drops)
        {
            return;
        }

        if (hasMagnitude)
        {
            MultiplyTransposed(scaled, count, dropped, add: false);
        }
        else
        {
            dropped.Clear();
        }

        LowRank.AddGradientOfInput<TRank>(gradHidden, adapter.A.Span, dropped, count, InFeatures, rank);
        Nn.ApplyMask(dropped, dropout, key, gradX.Span, overwrite: false);
    }

    private void Multiply(ReadOnlySpan<float> x, int count, Span<float> result)
    {
        if (_weight.Packed is { } packed)
        {
            packed.Multiply(x, count, result, default);
        }
        else
        {
            MatrixProduct.Multiply(x, transposeA: false, _weight.Dense!.Span, transposeB: true, result, count, OutFeatures, InFeatures, add: false);
        }
    }

    private void MultiplyTransposed(ReadOnlySpan<float> g, int count, Span<float> result, bool add)
    {
        if (_weight.Packed is { } packed)
        {
            packed.MultiplyTransposed(g, count, result, add);
        }
        else
        {
            MatrixProduct.Multiply(g, transposeA: false, _weight.Dense!.Span, transposeB: false, result, count, InFeatures, OutFeatures, add);
        }
    }

    private void AddGradientOfWeight(ReadOnlySpan<float> g, ReadOnlySpan<float> x, int count) =>
        MatrixProduct.Multiply(g, transposeA: true, x, transposeB: false, _weight.Dense!.Gradient.Span, OutFeatures, InFeatures, count, add: true);

    private void SubtractBias(Span<float> rows, int count)
    {
        if (_bias is null)
        {
            return;
        }

        for (int i = 0; i < count; i++)
        {
            Span<float> row = rows.Slice(i * OutFeatures, OutFeatures);
            TensorPrimitives.Subtract(row, _bias.Dense!.Span, row);
        }
    }

    // What a forward pass saves: D(x)·A [count, r]; with a magnitude, D(x)·(W + s·(A·B)ᵀ)ᵀ [count, out] and the norms [out]; with dropout, its key.
    private readonly ref struct SavedParts
    {
        public SavedParts(LoraAdapter adapter, int count, Span<float> saved)
        {
            int features = adapter.Settings.UseDora ? adapter.B.Shape[1] : 0;
            Hidden = saved[..(count * adapter.Rank)];
            Directions = saved.Slice(Hidden.Length, count * features);
            Norms = saved.Slice(Hidden.Length + Directions.Length, features);
            Key = saved[(Hidden.Length + Directions.Length + features)..];
        }

        public Span<float> Hidden { get; }

        public Span<float> Directions { get; }

        public Span<float> Norms { get; }

        public Span<float> Key { get; }
    }

    private readonly record struct SavedKey(ulong Seed, int Step, int Call)
    {
        public RandomKey Key => new(Seed, Step, Call);
    }
}
