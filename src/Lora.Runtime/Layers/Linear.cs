using System.ComponentModel;

namespace Lora;

/// <summary>
/// <c>y = x·Wᵀ + b</c> with W [out, in] and b [out], frozen unless it is trained in full, and the adapter that is attached to it:
/// <c>+ scaling·(x·A)·B</c>.
/// </summary>
public sealed partial class Linear : AdaptedLayer
{
    private readonly LayerWeight _weight;
    private readonly LayerWeight? _bias;

    /// <summary>Creates a layer with weights and bias drawn from <c>U(-1/√in, 1/√in)</c>, as <c>nn.Linear</c>, by <see cref="LoraRandom"/>.</summary>
    /// <param name="inFeatures">The last dimension of the input.</param>
    /// <param name="outFeatures">The last dimension of the result.</param>
    /// <param name="bias">Whether the layer has a bias.</param>
    /// <exception cref="ArgumentOutOfRangeException">A dimension is less than 1.</exception>
    public Linear(int inFeatures, int outFeatures, bool bias = true)
    {
        var shape = new TensorShape(CheckDimension(outFeatures, nameof(outFeatures)), CheckDimension(inFeatures, nameof(inFeatures)));
        float bound = (float)(1 / Math.Sqrt(inFeatures));
        _weight = LayerWeight.Drawn("weight", shape, Draw);
        _bias = bias ? LayerWeight.Drawn("bias", new TensorShape(outFeatures), Draw) : null;

        void Draw(Span<float> values) => LoraRandom.FillSharedUniform(values, -bound, bound);
    }

    private Linear(Tensor weight, Tensor? bias)
    {
        _weight = new LayerWeight("weight", weight);
        _bias = bias is null ? null : new LayerWeight("bias", bias);
    }

    /// <summary>The last dimension of the input.</summary>
    public int InFeatures => _weight.Shape[1];

    /// <summary>The last dimension of the result.</summary>
    public int OutFeatures => _weight.Shape[0];

    /// <summary>Whether the layer has a bias.</summary>
    public bool HasBias => _bias is not null;

    internal override IReadOnlyList<LayerWeight> Weights => _bias is null ? [_weight] : [_weight, _bias];

    private protected override LayerWeight AdaptedWeight => _weight;

    private protected override bool FeaturesAreColumns => false;

    internal override void CheckFits(LoraSettings settings) => settings.CheckAgainst(InFeatures, OutFeatures);

    /// <summary>Creates a layer with a copy of the given weights.</summary>
    /// <param name="weight">W, [out, in].</param>
    /// <param name="bias">b, [out], or null.</param>
    /// <exception cref="ArgumentException">The shapes are not those of a linear layer.</exception>
    public static Linear From(Tensor weight, Tensor? bias)
    {
        ArgumentNullException.ThrowIfNull(weight);
        if (weight.Rank != 2 || weight.Length == 0)
        {
            throw new ArgumentException($"The weight of a linear layer has shape [out, in]; it was given {weight.FullShape}.", nameof(weight));
        }

        if (bias is not null && !bias.Shape.SequenceEqual([weight.Shape[0]]))
        {
            throw new ArgumentException($"The bias of this layer has shape [{weight.Shape[0]}]; it was given {bias.FullShape}.", nameof(bias));
        }

        return new Linear(weight, bias);
    }

    /// <summary>Replaces W by a copy of the given values.</summary>
    /// <param name="weight">The new W, [out, in].</param>
    /// <exception cref="ArgumentException">The shape is another one.</exception>
    /// <exception cref="InvalidOperationException">An adapter is merged into the weights.</exception>
    public void SetWeight(Tensor weight)
    {
        RefuseMerged("set its weights");
        SetOne(_weight, weight);
    }

    /// <summary>Replaces b by a copy of the given values.</summary>
    /// <param name="bias">The new b, [out].</param>
    /// <exception cref="ArgumentException">The shape is another one.</exception>
    /// <exception cref="InvalidOperationException">The layer has no bias.</exception>
    public void SetBias(Tensor bias)
    {
        RefuseMerged("set its weights");
        SetOne(_bias ?? throw new InvalidOperationException("The layer was made without a bias."), bias);
    }

    /// <summary>Copies W in row-major order, [out, in]. Weights live packed, so there is no live view of them.</summary>
    /// <param name="destination">Takes out · in values.</param>
    public void CopyWeightTo(Span<float> destination) => _weight.CopyTo(destination);

    /// <inheritdoc cref="CopyWeightTo(Span{float})"/>
    public void CopyWeightTo(Tensor destination)
    {
        ArgumentNullException.ThrowIfNull(destination);
        _weight.CopyTo(destination.Span);
    }

    /// <summary>Copies b.</summary>
    /// <param name="destination">Takes out values.</param>
    /// <exception cref="InvalidOperationException">The layer has no bias.</exception>
    public void CopyBiasTo(Span<float> destination) =>
        (_bias ?? throw new InvalidOperationException("The layer was made without a bias.")).CopyTo(destination);

    /// <summary>The layer with the adapter that is attached to it.</summary>
    /// <param name="x">[.., in].</param>
    /// <returns>[.., out].</returns>
    /// <exception cref="ArgumentException">The last dimension of <paramref name="x"/> is not in.</exception>
    [Derivative(
        nameof(ForwardBackward), Reads = Reads.InputsWhereTrained, Into = nameof(ForwardInto), Shape = nameof(ForwardShape), Saves = nameof(ForwardSaves),
        Dimensions = "x [.., InFeatures] -> [.., OutFeatures]")]
    public Tensor Forward(Tensor x) => Apply(UnmergedAdapter, x);

    /// <summary>The layer without any adapter.</summary>
    /// <param name="x">[.., in].</param>
    /// <returns>[.., out].</returns>
    /// <exception cref="InvalidOperationException">An adapter is merged into the weights, so that they are not the frozen ones.</exception>
    public Tensor ForwardFrozen(Tensor x)
    {
        RefuseMerged("ask for the frozen result");
        return Apply(null, x);
    }

    /// <summary>The shape of the result of <see cref="Forward"/>.</summary>
    /// <param name="x">The input.</param>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public TensorShape ForwardShape(Tensor x)
    {
        RowsOf(x, InFeatures, nameof(Linear));
        return x.FullShape.WithLast(OutFeatures);
    }

    /// <summary>The shape of <c>x·A</c>, and of what else the adapter's backward reads; without elements where there is no adapter.</summary>
    /// <param name="x">The input.</param>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public TensorShape ForwardSaves(Tensor x) => new(UnmergedAdapter is { } adapter ? SavedLength(adapter, x.Length / InFeatures) : 0);

    /// <summary>Writes the result of <see cref="Forward"/>.</summary>
    /// <typeparam name="TRank">The rank that the adapter most likely has.</typeparam>
    /// <param name="x">[.., in].</param>
    /// <param name="result">[.., out].</param>
    /// <param name="saved">Takes what <see cref="ForwardSaves"/> says.</param>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public void ForwardInto<TRank>(Tensor x, Tensor result, Tensor saved)
        where TRank : struct, IRank
    {
        RefuseUnknown<TRank>();
        Run<TRank>(UnmergedAdapter, x, result, saved.Span, NextDropoutKey());
    }

    /// <summary>Adds the gradients of x, and of what is trainable in the layer.</summary>
    /// <typeparam name="TRank">The rank that the adapter most likely has.</typeparam>
    /// <param name="x">[.., in].</param>
    /// <param name="saved">What <see cref="ForwardInto"/> saved.</param>
    /// <param name="gradResult">[.., out].</param>
    /// <param name="gradX">[.., in], or null where x needs no gradient.</param>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public void ForwardBackward<TRank>(Tensor x, Tensor saved, Tensor gradResult, Tensor? gradX)
        where TRank : struct, IRank
    {
        int count = RowsOf(x, InFeatures, nameof(Linear));
        ReadOnlySpan<float> g = gradResult.Span;
        if (UnmergedAdapter is { Settings.IsPlain: false } variant)
        {
            AddGradientsOfVariant<TRank>(variant, x, saved.Span, g, gradX);
            return;
        }

        if (!IsFrozen)
        {
            MatrixProduct.Multiply(
                g, transposeA: true, x.Span, transposeB: false, _weight.Dense!.Gradient.Span, OutFeatures, InFeatures, count, add: true);
        }

        if (_bias is { IsFrozen: false })
        {
            Rows.AddSumTo(g, count, _bias.Dense!.Gradient.Span);
        }

        Span<float> gradH = default;
        if (UnmergedAdapter is { } adapter)
        {
            int rank = adapter.Rank;
            gradH = Scratch.Take(count * rank);
            LowRank.GradientOfHidden<TRank>(g, adapter.B.Span, adapter.Scaling, gradH, count, OutFeatures, rank);
            LowRank.AddGradientOfUp<TRank>(saved.Span, g, adapter.Scaling, adapter.B.Gradient.Span, count, OutFeatures, rank);
            LowRank.AddGradientOfDown<TRank>(x.Span, gradH, adapter.A.Gradient.Span, count, InFeatures, rank);
        }

        if (gradX is not null)
        {
            AddGradientOfInput<TRank>(UnmergedAdapter, g, gradH, count, gradX);
        }
    }

    internal Tensor Apply(LoraAdapter? adapter, Tensor x)
    {
        Tensor result = Operation.Result(ForwardShape(x));
        Span<float> saved = adapter is null ? default : new float[SavedLength(adapter, x.Length / InFeatures)];
        Run<AnyRank>(adapter, x, result, saved, adapter is { Settings.Dropout: > 0 } ? ModelState.NextEagerKey(this) : default);
        return result;
    }

    internal Linear Merged(LoraAdapter adapter) => new(MergedWeights(adapter), _bias?.ToTensor());

    internal override LoraAdapter NewUndrawnAdapter(LoraSettings settings) => LoraAdapter.ForLinear(InFeatures, OutFeatures, settings);

    private protected override void Draw(LoraAdapter adapter, ulong seed, string path) => adapter.DrawForLinear(seed, path);

    private protected override Tensor MergedWeights(LoraAdapter adapter)
    {
        Tensor weights = _weight.ToTensor();
        adapter.FoldInto(weights.Span, transposed: true);
        return weights;
    }

    private void Apply<TRank>(LoraAdapter? adapter, Tensor x, Tensor result, Span<float> h)
        where TRank : struct, IRank
    {
        int count = RowsOf(x, InFeatures, nameof(Linear));
        ReadOnlySpan<float> input = x.Span;
        Span<float> output = result.Span;
        ReadOnlySpan<float> bias = _bias is null ? default : _bias.Dense!.Span;
        if (adapter is not null)
        {
            LowRank.Down<TRank>(input, adapter.A.Span, h, count, InFeatures, adapter.Rank);
        }

        if (_weight.Packed is not { } packed)
        {
            MatrixProduct.Multiply(input, transposeA: false, _weight.Dense!.Span, transposeB: true, output, count, OutFeatures, InFeatures, add: false);
            Rows.Add(output, count, bias);
            if (adapter is not null)
            {
                LowRank.AddUp<TRank>(h, adapter.B.Span, adapter.Scaling, output, count, OutFeatures, adapter.Rank);
            }
        }
        else if (adapter is null)
        {
            packed.Multiply(input, count, output, bias);
        }
        else
        {
            packed.Multiply(input, count, output, bias, h, adapter.B.Span, adapter.Scaling, adapter.Rank);
        }
    }

    private void AddGradientOfInput<TRank>(LoraAdapter? adapter, ReadOnlySpan<float> g, ReadOnlySpan<float> gradH, int count, Tensor gradX)
        where TRank : struct, IRank
    {
        Span<float> target = gradX.BeginAccumulate(out bool overwrite);
        if (_weight.Packed is not { } packed)
        {
            MatrixProduct.Multiply(g, transposeA: false, _weight.Dense!.Span, transposeB: false, target, count, InFeatures, OutFeatures, add: !overwrite);
            if (adapter is not null)
            {
                LowRank.AddGradientOfInput<TRank>(gradH, adapter.A.Span, target, count, InFeatures, adapter.Rank);
            }
        }
        else if (adapter is null)
        {
            packed.MultiplyTransposed(g, count, target, add: !overwrite);
        }
        else
        {
            packed.MultiplyTransposed(g, count, target, add: !overwrite, gradH, adapter.A.Span, adapter.Rank);
        }
    }
}
