using System.ComponentModel;
using System.Numerics.Tensors;

namespace Lora;

/// <summary>
/// <c>y = x / √(mean x² + ε) · w</c> along the last dimension, w frozen unless it is trained in full
/// (Zhang and Sennrich 2019, "Root Mean Square Layer Normalization").
/// </summary>
public sealed class RmsNorm : Layer
{
    private readonly LayerWeight _weight;

    /// <summary>Creates a layer with w = 1.</summary>
    /// <param name="width">The last dimension of the input.</param>
    /// <param name="epsilon">Added to the mean of the squares, so that a row of zeros stays one.</param>
    /// <exception cref="ArgumentOutOfRangeException">The width is less than 1, or epsilon negative or not finite.</exception>
    public RmsNorm(int width, float epsilon = 1e-5f)
        : this(Tensor.Full(1, CheckDimension(width, nameof(width))), epsilon)
    {
    }

    private RmsNorm(Tensor weight, float epsilon)
    {
        Epsilon = CheckEpsilon(epsilon);
        _weight = new LayerWeight("weight", weight);
    }

    /// <summary>The last dimension of input and result.</summary>
    public int Width => _weight.Shape[0];

    /// <summary>Added to the mean of the squares.</summary>
    public float Epsilon { get; }

    internal override IReadOnlyList<LayerWeight> Weights => [_weight];

    /// <summary>Creates a layer with a copy of the given weights.</summary>
    /// <param name="weight">w, [width].</param>
    /// <param name="epsilon">Added to the mean of the squares.</param>
    /// <exception cref="ArgumentException">The weight has not one dimension.</exception>
    public static RmsNorm From(Tensor weight, float epsilon = 1e-5f)
    {
        ArgumentNullException.ThrowIfNull(weight);
        return weight.Rank == 1 && weight.Length > 0 ? new RmsNorm(weight, epsilon) : throw new ArgumentException(
            $"The weight of a norm has shape [width]; it was given {weight.FullShape}.", nameof(weight));
    }

    /// <summary>Replaces w by a copy of the given values.</summary>
    /// <param name="weight">The new w, [width].</param>
    /// <exception cref="ArgumentException">The shape is another one.</exception>
    public void SetWeight(Tensor weight) => SetOne(_weight, weight);

    /// <summary>Copies w.</summary>
    /// <param name="destination">Takes width values.</param>
    public void CopyWeightTo(Span<float> destination) => _weight.CopyTo(destination);

    /// <summary>Normalises each row.</summary>
    /// <param name="x">[.., width].</param>
    /// <returns>[.., width].</returns>
    /// <exception cref="ArgumentException">The last dimension of <paramref name="x"/> is not the width.</exception>
    [Derivative(
        nameof(ForwardBackward), Reads = Reads.Inputs, Into = nameof(ForwardInto), Saves = nameof(ForwardSaves), Recompute = true,
        Dimensions = "x [.., Width] -> [.., Width]")]
    public Tensor Forward(Tensor x)
    {
        RowsOf(x, Width, nameof(RmsNorm));
        Tensor result = Operation.Result(x.FullShape);
        Apply(x, result, default);
        return result;
    }

    /// <summary>The shape of what <see cref="Forward"/> saves: 1 over each row's root mean square.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public TensorShape ForwardSaves(Tensor x) => new(RowsOf(x, Width, nameof(RmsNorm)));

    /// <summary>Writes the result of <see cref="Forward"/>, and what it saves.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public void ForwardInto(Tensor x, Tensor result, Tensor saved) => Apply(x, result, saved.Span);

    /// <summary>Adds the gradients of x, and of w where it is trained.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public void ForwardBackward(Tensor x, Tensor saved, Tensor gradResult, Tensor? gradX)
    {
        int width = Width;
        int rows = RowsOf(x, width, nameof(RmsNorm));
        ReadOnlySpan<float> xs = x.Span;
        ReadOnlySpan<float> gs = gradResult.Span;
        ReadOnlySpan<float> inverses = saved.Span;
        if (gradX is not null)
        {
            Span<float> target = gradX.BeginAccumulate(out bool overwrite);
            RmsNormRows.AddGradientOfInput(xs, _weight.Dense!.Span, gs, inverses, target, rows, width, overwrite);
        }

        if (!IsFrozen)
        {
            Span<float> scratch = Scratch.Take(width);
            Span<float> gradW = _weight.Dense!.Gradient.Span;
            for (int row = 0; row < rows; row++)
            {
                Span<float> n = scratch[..width];
                TensorPrimitives.Multiply(xs.Slice(row * width, width), inverses[row], n);
                TensorPrimitives.MultiplyAdd(gs.Slice(row * width, width), n, gradW, gradW);
            }
        }
    }

    private void Apply(Tensor x, Tensor result, Span<float> saved)
    {
        int width = Width;
        int rows = RowsOf(x, width, nameof(RmsNorm));
        RmsNormRows.Normalize(x.Span, _weight.Dense!.Span, result.Span, saved, rows, width, Epsilon);
    }
}
