using System.ComponentModel;
using System.Numerics.Tensors;

namespace Lora;

/// <summary>
/// <c>y = (x − mean x) / √(var x + ε) · w + b</c> along the last dimension, w and b frozen unless they are trained in full
/// (Ba, Kiros and Hinton 2016, "Layer Normalization").
/// </summary>
public sealed class LayerNorm : Layer
{
    private readonly LayerWeight _weight;
    private readonly LayerWeight? _bias;

    /// <summary>Creates a layer with w = 1 and b = 0.</summary>
    /// <param name="width">The last dimension of the input.</param>
    /// <param name="epsilon">Added to the variance, so that a constant row becomes one of zeros.</param>
    /// <param name="bias">Whether the layer has a bias.</param>
    /// <exception cref="ArgumentOutOfRangeException">The width is less than 1, or epsilon negative or not finite.</exception>
    public LayerNorm(int width, float epsilon = 1e-5f, bool bias = true)
        : this(Tensor.Full(1, CheckDimension(width, nameof(width))), bias ? Tensor.Zeros(width) : null, epsilon)
    {
    }

    private LayerNorm(Tensor weight, Tensor? bias, float epsilon)
    {
        Epsilon = CheckEpsilon(epsilon);
        _weight = new LayerWeight("weight", weight);
        _bias = bias is null ? null : new LayerWeight("bias", bias);
    }

    /// <summary>The last dimension of input and result.</summary>
    public int Width => _weight.Shape[0];

    /// <summary>Added to the variance.</summary>
    public float Epsilon { get; }

    /// <summary>Whether the layer has a bias.</summary>
    public bool HasBias => _bias is not null;

    internal override IReadOnlyList<LayerWeight> Weights => _bias is null ? [_weight] : [_weight, _bias];

    /// <summary>Creates a layer with a copy of the given weights.</summary>
    /// <param name="weight">w, [width].</param>
    /// <param name="bias">b, [width], or null.</param>
    /// <param name="epsilon">Added to the variance.</param>
    /// <exception cref="ArgumentException">The weight has not one dimension, or the bias another shape.</exception>
    public static LayerNorm From(Tensor weight, Tensor? bias, float epsilon = 1e-5f)
    {
        ArgumentNullException.ThrowIfNull(weight);
        if (weight.Rank != 1 || weight.Length == 0)
        {
            throw new ArgumentException($"The weight of a norm has shape [width]; it was given {weight.FullShape}.", nameof(weight));
        }

        if (bias is not null && bias.FullShape != weight.FullShape)
        {
            throw new ArgumentException($"The bias of this norm has shape {weight.FullShape}; it was given {bias.FullShape}.", nameof(bias));
        }

        return new LayerNorm(weight, bias, epsilon);
    }

    /// <summary>Replaces w by a copy of the given values.</summary>
    /// <param name="weight">The new w, [width].</param>
    /// <exception cref="ArgumentException">The shape is another one.</exception>
    public void SetWeight(Tensor weight) => SetOne(_weight, weight);

    /// <summary>Replaces b by a copy of the given values.</summary>
    /// <param name="bias">The new b, [width].</param>
    /// <exception cref="ArgumentException">The shape is another one.</exception>
    /// <exception cref="InvalidOperationException">The layer has no bias.</exception>
    public void SetBias(Tensor bias) => SetOne(BiasOrThrow(), bias);

    /// <summary>Copies w.</summary>
    /// <param name="destination">Takes width values.</param>
    public void CopyWeightTo(Span<float> destination) => _weight.CopyTo(destination);

    /// <summary>Copies b.</summary>
    /// <param name="destination">Takes width values.</param>
    /// <exception cref="InvalidOperationException">The layer has no bias.</exception>
    public void CopyBiasTo(Span<float> destination) => BiasOrThrow().CopyTo(destination);

    /// <summary>Normalises each row.</summary>
    /// <param name="x">[.., width].</param>
    /// <returns>[.., width].</returns>
    /// <exception cref="ArgumentException">The last dimension of <paramref name="x"/> is not the width.</exception>
    [Derivative(
        nameof(ForwardBackward), Reads = Reads.Inputs, Into = nameof(ForwardInto), Saves = nameof(ForwardSaves), Recompute = true,
        Dimensions = "x [.., Width] -> [.., Width]")]
    public Tensor Forward(Tensor x)
    {
        RowsOf(x, Width, nameof(LayerNorm));
        Tensor result = Operation.Result(x.FullShape);
        Apply(x, result, default);
        return result;
    }

    /// <summary>The shape of what <see cref="Forward"/> saves: each row's mean, and 1 over its standard deviation.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public TensorShape ForwardSaves(Tensor x) => new(RowsOf(x, Width, nameof(LayerNorm)), 2);

    /// <summary>Writes the result of <see cref="Forward"/>, and what it saves.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public void ForwardInto(Tensor x, Tensor result, Tensor saved) => Apply(x, result, saved.Span);

    /// <summary>Adds the gradients of x, and of w and b where they are trained.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public void ForwardBackward(Tensor x, Tensor saved, Tensor gradResult, Tensor? gradX)
    {
        int width = Width;
        int rows = RowsOf(x, width, nameof(LayerNorm));
        ReadOnlySpan<float> xs = x.Span;
        ReadOnlySpan<float> gs = gradResult.Span;
        ReadOnlySpan<float> statistics = saved.Span;
        Span<float> scratch = Scratch.Take(2 * width);
        Span<float> n = scratch[..width];
        if (gradX is not null)
        {
            ReadOnlySpan<float> w = _weight.Dense!.Span;
            Span<float> h = scratch.Slice(width, width);
            Span<float> target = gradX.BeginAccumulate(out bool overwrite);
            for (int row = 0; row < rows; row++)
            {
                // With n the normalised row and h = g·w: ∂L/∂x = inverse·(h − mean h − n·mean(h·n)).
                float inverse = statistics[(2 * row) + 1];
                Normalise(xs.Slice(row * width, width), statistics[2 * row], inverse, n);
                TensorPrimitives.Multiply(gs.Slice(row * width, width), w, h);
                float mean = TensorPrimitives.Sum<float>(h) / width;
                float slope = TensorPrimitives.Dot<float>(h, n) / width;
                TensorPrimitives.MultiplyAdd(n, -slope, h, h);
                TensorPrimitives.Subtract(h, mean, h);
                AddScaled(h, inverse, target.Slice(row * width, width), overwrite);
            }
        }

        if (!IsFrozen)
        {
            Span<float> gradW = _weight.Dense!.Gradient.Span;
            for (int row = 0; row < rows; row++)
            {
                Normalise(xs.Slice(row * width, width), statistics[2 * row], statistics[(2 * row) + 1], n);
                TensorPrimitives.MultiplyAdd(gs.Slice(row * width, width), n, gradW, gradW);
            }
        }

        if (_bias is { IsFrozen: false })
        {
            Rows.AddSumTo(gs, rows, _bias.Dense!.Gradient.Span);
        }
    }

    private static void Normalise(ReadOnlySpan<float> x, float mean, float inverse, Span<float> n)
    {
        TensorPrimitives.Subtract(x, mean, n);
        TensorPrimitives.Multiply(n, inverse, n);
    }

    private void Apply(Tensor x, Tensor result, Span<float> saved)
    {
        int width = Width;
        int rows = RowsOf(x, width, nameof(LayerNorm));
        ReadOnlySpan<float> w = _weight.Dense!.Span;
        ReadOnlySpan<float> b = _bias is null ? default : _bias.Dense!.Span;
        ReadOnlySpan<float> xs = x.Span;
        Span<float> ys = result.Span;
        for (int row = 0; row < rows; row++)
        {
            ReadOnlySpan<float> xRow = xs.Slice(row * width, width);
            Span<float> y = ys.Slice(row * width, width);
            float mean = TensorPrimitives.Sum(xRow) / width;
            TensorPrimitives.Subtract(xRow, mean, y);
            float inverse = (float)(1 / Math.Sqrt(((double)TensorPrimitives.SumOfSquares<float>(y) / width) + Epsilon));
            TensorPrimitives.Multiply(y, inverse, y);
            TensorPrimitives.Multiply(y, w, y);
            if (!b.IsEmpty)
            {
                TensorPrimitives.Add(y, b, y);
            }

            if (!saved.IsEmpty)
            {
                saved[2 * row] = mean;
                saved[(2 * row) + 1] = inverse;
            }
        }
    }

    private LayerWeight BiasOrThrow() => _bias ?? throw new InvalidOperationException("The layer was made without a bias.");
}
