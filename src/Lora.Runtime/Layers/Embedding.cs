using System.ComponentModel;

namespace Lora;

/// <summary>
/// A table of one row for each id, W [count, width], frozen unless it is trained in full, and the adapter that is attached to it:
/// <c>y = W[i] + scaling·A[i]·B</c>.
/// </summary>
public sealed partial class Embedding : AdaptedLayer
{
    private readonly LayerWeight _weight;

    /// <summary>Creates a table drawn from the standard normal distribution, as <c>nn.Embedding</c>, by <see cref="LoraRandom"/>.</summary>
    /// <param name="count">The number of ids.</param>
    /// <param name="width">The length of a row.</param>
    /// <exception cref="ArgumentOutOfRangeException">A dimension is less than 1.</exception>
    public Embedding(int count, int width)
    {
        var shape = new TensorShape(CheckDimension(count, nameof(count)), CheckDimension(width, nameof(width)));
        _weight = LayerWeight.Drawn("weight", shape, values => LoraRandom.FillSharedNormal(values, 1));
    }

    private Embedding(Tensor weight) => _weight = new LayerWeight("weight", weight);

    /// <summary>The number of ids.</summary>
    public int Count => _weight.Shape[0];

    /// <summary>The length of a row.</summary>
    public int Width => _weight.Shape[1];

    internal override IReadOnlyList<LayerWeight> Weights => [_weight];

    private protected override LayerWeight AdaptedWeight => _weight;

    private protected override bool FeaturesAreColumns => true;

    internal override void CheckFits(LoraSettings settings) => settings.CheckAgainst(Count, Width);

    /// <summary>Creates a layer with a copy of the given table.</summary>
    /// <param name="weight">W, [count, width].</param>
    /// <exception cref="ArgumentException">The shape is not that of a table.</exception>
    public static Embedding From(Tensor weight)
    {
        ArgumentNullException.ThrowIfNull(weight);
        return weight.Rank == 2 && weight.Length > 0 ? new Embedding(weight) : throw new ArgumentException(
            $"The weight of an embedding has shape [count, width]; it was given {weight.FullShape}.", nameof(weight));
    }

    /// <summary>Replaces W by a copy of the given values.</summary>
    /// <param name="weight">The new W, [count, width].</param>
    /// <exception cref="ArgumentException">The shape is another one.</exception>
    /// <exception cref="InvalidOperationException">An adapter is merged into the weights.</exception>
    public void SetWeight(Tensor weight)
    {
        RefuseMerged("set its weights");
        SetOne(_weight, weight);
    }

    /// <summary>Copies W in row-major order, [count, width]. Weights live packed, so there is no live view of them.</summary>
    /// <param name="destination">Takes count · width values.</param>
    public void CopyWeightTo(Span<float> destination) => _weight.CopyTo(destination);

    /// <inheritdoc cref="CopyWeightTo(Span{float})"/>
    public void CopyWeightTo(Tensor destination)
    {
        ArgumentNullException.ThrowIfNull(destination);
        _weight.CopyTo(destination.Span);
    }

    /// <summary>The rows of the given ids, with the adapter that is attached to the layer.</summary>
    /// <param name="ids">n ids, each from 0 to count − 1.</param>
    /// <returns>[n, width].</returns>
    /// <exception cref="ArgumentOutOfRangeException">An id is none of the table's.</exception>
    [Derivative(nameof(ForwardBackward), Into = nameof(ForwardInto), Shape = nameof(ForwardShape), Dimensions = "-> [_, Width]")]
    public Tensor Forward(ReadOnlySpan<int> ids)
    {
        Tensor result = Operation.Result(ForwardShape(ids));
        Apply<AnyRank>(UnmergedAdapter, ids, result);
        return result;
    }

    /// <summary>The rows of the ids of several sequences of one length.</summary>
    /// <param name="ids">The ids of the first sequence, then of the second, and so on.</param>
    /// <param name="batch">The number of sequences.</param>
    /// <returns>[batch, ids / batch, width].</returns>
    /// <exception cref="ArgumentException">The ids do not divide into sequences of one length.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An id is none of the table's.</exception>
    [Derivative(nameof(ForwardBatchBackward), Into = nameof(ForwardBatchInto), Shape = nameof(ForwardBatchShape), Dimensions = "-> [batch, _, Width]")]
    public Tensor Forward(ReadOnlySpan<int> ids, int batch)
    {
        Tensor result = Operation.Result(ForwardBatchShape(ids, batch));
        Apply<AnyRank>(UnmergedAdapter, ids, result);
        return result;
    }

    /// <summary>The rows of the given ids without any adapter.</summary>
    /// <param name="ids">n ids.</param>
    /// <returns>[n, width].</returns>
    /// <exception cref="InvalidOperationException">An adapter is merged into the weights, so that they are not the frozen ones.</exception>
    public Tensor ForwardFrozen(ReadOnlySpan<int> ids)
    {
        RefuseMerged("ask for the frozen result");
        Tensor result = Operation.Result(ForwardShape(ids));
        Apply<AnyRank>(null, ids, result);
        return result;
    }

    /// <summary>The rows of the ids of several sequences without any adapter.</summary>
    /// <param name="ids">The ids of the first sequence, then of the second, and so on.</param>
    /// <param name="batch">The number of sequences.</param>
    /// <returns>[batch, ids / batch, width].</returns>
    /// <exception cref="InvalidOperationException">An adapter is merged into the weights, so that they are not the frozen ones.</exception>
    public Tensor ForwardFrozen(ReadOnlySpan<int> ids, int batch)
    {
        RefuseMerged("ask for the frozen result");
        Tensor result = Operation.Result(ForwardBatchShape(ids, batch));
        Apply<AnyRank>(null, ids, result);
        return result;
    }

    /// <summary>The shape of the result of <see cref="Forward(ReadOnlySpan{int})"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public TensorShape ForwardShape(ReadOnlySpan<int> ids) => new(ids.Length, Width);

    /// <summary>Writes the result of <see cref="Forward(ReadOnlySpan{int})"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public void ForwardInto<TRank>(ReadOnlySpan<int> ids, Tensor result)
        where TRank : struct, IRank
    {
        RefuseUnknown<TRank>();
        Apply<TRank>(UnmergedAdapter, ids, result);
    }

    /// <summary>Adds the gradients of what is trainable in the layer.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public void ForwardBackward<TRank>(ReadOnlySpan<int> ids, Tensor gradResult)
        where TRank : struct, IRank => AddGradients<TRank>(ids, gradResult.Span);

    /// <summary>The shape of the result of <see cref="Forward(ReadOnlySpan{int}, int)"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public TensorShape ForwardBatchShape(ReadOnlySpan<int> ids, int batch)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batch, 1);
        return ids.Length % batch == 0 ? new TensorShape(batch, ids.Length / batch, Width) : throw new ArgumentException(
            $"{ids.Length} ids do not divide into {batch} sequences of one length. Pad the shorter ones.", nameof(batch));
    }

    /// <summary>Writes the result of <see cref="Forward(ReadOnlySpan{int}, int)"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public void ForwardBatchInto<TRank>(ReadOnlySpan<int> ids, int batch, Tensor result)
        where TRank : struct, IRank
    {
        RefuseUnknown<TRank>();
        Apply<TRank>(UnmergedAdapter, ids, result);
    }

    /// <summary>Adds the gradients of what is trainable in the layer.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public void ForwardBatchBackward<TRank>(ReadOnlySpan<int> ids, Tensor gradResult)
        where TRank : struct, IRank => AddGradients<TRank>(ids, gradResult.Span);

    internal void Apply<TRank>(LoraAdapter? adapter, ReadOnlySpan<int> ids, Tensor result)
        where TRank : struct, IRank
    {
        CheckIds(ids);
        int width = Width;
        Span<float> rows = result.Span;
        CopyRows(ids, rows);
        if (adapter is not null)
        {
            Span<float> hidden = Scratch.Take(ids.Length * adapter.Rank);
            Gather(adapter, ids, hidden);
            LowRank.AddUp<TRank>(hidden, adapter.B.Span, adapter.Scaling, rows, ids.Length, width, adapter.Rank);
            ScaleByMagnitude(adapter, rows);
        }
    }

    internal Embedding Merged(LoraAdapter adapter) => new(MergedWeights(adapter));

    internal void CheckProjection(Tensor x)
    {
        RowsOf(x, Width, "A projection by an embedding");
        if (Adapter is not null)
        {
            throw new InvalidOperationException(
                "The embedding has an adapter and serves as the head too: tied weights would adapt one side alone. Adapt neither, or give the head weights of its own.");
        }
    }

    internal void Project(Tensor x, Tensor result)
    {
        CheckProjection(x);
        int count = x.Length / Width;
        if (_weight.Packed is { } packed)
        {
            packed.Multiply(x.Span, count, result.Span, default);
        }
        else
        {
            MatrixProduct.Multiply(x.Span, transposeA: false, _weight.Dense!.Span, transposeB: true, result.Span, count, Count, Width, add: false);
        }
    }

    internal void AddGradientsOfProjection(Tensor x, Tensor gradResult, Tensor? gradX)
    {
        int count = x.Length / Width;
        if (gradX is not null)
        {
            Span<float> target = gradX.BeginAccumulate(out bool overwrite);
            if (_weight.Packed is { } packed)
            {
                packed.MultiplyTransposed(gradResult.Span, count, target, add: !overwrite);
            }
            else
            {
                MatrixProduct.Multiply(
                    gradResult.Span, transposeA: false, _weight.Dense!.Span, transposeB: false, target, count, Width, Count, add: !overwrite);
            }
        }

        if (!IsFrozen)
        {
            MatrixProduct.Multiply(
                gradResult.Span, transposeA: true, x.Span, transposeB: false, _weight.Dense!.Gradient.Span, Count, Width, count, add: true);
        }
    }

    internal override LoraAdapter NewUndrawnAdapter(LoraSettings settings) => LoraAdapter.ForEmbedding(Count, Width, settings);

    private protected override void Draw(LoraAdapter adapter, ulong seed, string path) => adapter.DrawForEmbedding(seed, path);

    private protected override Tensor MergedWeights(LoraAdapter adapter)
    {
        Tensor weights = _weight.ToTensor();
        adapter.FoldInto(weights.Span, transposed: false);
        return weights;
    }

    private void CopyRows(ReadOnlySpan<int> ids, Span<float> rows)
    {
        if (_weight.Packed is { } packed)
        {
            packed.CopyRowsTo(ids, rows);
            return;
        }

        int width = Width;
        for (int i = 0; i < ids.Length; i++)
        {
            _weight.Dense!.Span.Slice(ids[i] * width, width).CopyTo(rows[(i * width)..]);
        }
    }

    private static void Gather(LoraAdapter adapter, ReadOnlySpan<int> ids, Span<float> hidden)
    {
        int rank = adapter.Rank;
        ReadOnlySpan<float> a = adapter.A.Span;
        for (int i = 0; i < ids.Length; i++)
        {
            a.Slice(ids[i] * rank, rank).CopyTo(hidden.Slice(i * rank, rank));
        }
    }

    private static void Scatter(ReadOnlySpan<float> rows, int width, ReadOnlySpan<int> ids, Span<float> table)
    {
        for (int i = 0; i < ids.Length; i++)
        {
            Span<float> target = table.Slice(ids[i] * width, width);
            System.Numerics.Tensors.TensorPrimitives.Add(target, rows.Slice(i * width, width), target);
        }
    }

    private void AddGradients<TRank>(ReadOnlySpan<int> ids, ReadOnlySpan<float> g)
        where TRank : struct, IRank
    {
        if (UnmergedAdapter is { Magnitude: not null } withMagnitude)
        {
            AddGradientsWithMagnitude<TRank>(withMagnitude, ids, g);
            return;
        }

        if (!IsFrozen)
        {
            Scatter(g, Width, ids, _weight.Dense!.Gradient.Span);
        }

        if (UnmergedAdapter is { } adapter)
        {
            int rank = adapter.Rank;
            int length = ids.Length * rank;
            Span<float> scratch = Scratch.Take(2 * length);
            Span<float> hidden = scratch[..length];
            Span<float> gradHidden = scratch.Slice(length, length);
            Gather(adapter, ids, hidden);
            LowRank.AddGradientOfUp<TRank>(hidden, g, adapter.Scaling, adapter.B.Gradient.Span, ids.Length, Width, rank);
            LowRank.GradientOfHidden<TRank>(g, adapter.B.Span, adapter.Scaling, gradHidden, ids.Length, Width, rank);
            Scatter(gradHidden, rank, ids, adapter.A.Gradient.Span);
        }
    }

    private void CheckIds(ReadOnlySpan<int> ids)
    {
        int count = Count;
        for (int i = 0; i < ids.Length; i++)
        {
            if ((uint)ids[i] >= (uint)count)
            {
                throw new ArgumentOutOfRangeException(
                    nameof(ids), ids[i], $"Id {ids[i]} at position {i} lies outside the table, which has {count} rows: ids are 0 to {count - 1}.");
            }
        }
    }
}
